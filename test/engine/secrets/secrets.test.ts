import { Readable } from 'node:stream';
import { expect } from 'chai';
import { createEngine } from '../../../engine/engine';
import type { GantryError } from '../../../engine/model/errors';
import type { SecretsWanted } from '../../../engine/ports/secrets';
import { rotateKey } from '../../../engine/secrets/rotate';
import { parsePipeline } from '../../../pipelines/parse';
import { planPipeline } from '../../../pipelines/plan';
import { makeEngine, type TestEngine } from '../../support/engine';
import { testVault } from '../../support/vault';
import { Line } from '../support/line';

const VALUE = 'correct horse battery';

const refusalOf = async (call: Promise<unknown>): Promise<{ code?: string; message: string; next: string }> => {
  try {
    await call;
  } catch (error) {
    return error as GantryError;
  }
  throw new Error('it was not refused');
};

describe('secrets of an app', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await makeEngine();
    await test.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => test.close());

  const set = (name: string, value: string | Buffer = VALUE, environment = '') =>
    test.engine.secrets.set({ app: 'shop', name, environment, value: Buffer.from(value as string) }, 'user:ada');
  const rows = () => test.engine.parts.store.read.selectFrom('secrets').select(['name', 'sealed']).execute();

  it('are listed by name, place, person and time, and never by value', async () => {
    expect(await set('DB_PASSWORD')).to.include({ name: 'DB_PASSWORD', environment: '', replaced: false });
    expect(await set('DB_PASSWORD', `${VALUE} 2`)).to.include({ replaced: true });
    await set('DB_PASSWORD', `${VALUE} 3`, 'production');
    const shown = await test.engine.secrets.list('shop');
    expect(shown.map(({ name, environment, setBy }) => [name, environment, setBy])).to.deep.equal([
      ['DB_PASSWORD', '', 'user:ada'],
      ['DB_PASSWORD', 'production', 'user:ada'],
    ]);
    expect(JSON.stringify(shown)).to.not.contain(VALUE);
  });

  it('are sealed in the records, and audited without their values [S20]', async () => {
    await set('DB_PASSWORD');
    await test.engine.secrets.remove({ app: 'shop', name: 'DB_PASSWORD', environment: '' }, 'user:bob');
    await set('DB_PASSWORD');
    for (const { sealed } of await rows()) expect(sealed).to.not.contain(VALUE);
    const entries = await test.engine.parts.store.read.selectFrom('audit').selectAll().execute();
    const actions = entries.map(({ actor, action, object }) => `${actor} ${action} ${object}`);
    expect(actions).to.include('user:ada secret.set DB_PASSWORD of shop');
    expect(actions).to.include('user:bob secret.remove DB_PASSWORD of shop');
    expect(JSON.stringify(entries)).to.not.contain(VALUE);
  });

  it('are refused when they cannot be masked, kept or found', async () => {
    const refused = async (call: Promise<unknown>) => (await refusalOf(call)).code;
    const short = await refusalOf(set('A_NAME', 'seven77\n\n\n'));
    expect(short).to.include({ code: 'secret-short' });
    expect(short.message).to.contain('has 7 bytes').and.to.contain('cannot be masked');
    expect(await refused(set('A_NAME', Buffer.alloc(65_537, 1)))).to.equal('secret-large');
    expect(await refused(set('../etc'))).to.equal('secret-name');
    expect(await refused(set('A_NAME', VALUE, 'gray'))).to.equal('secret-environment');
    expect(await refused(set('A_NAME', VALUE, 'Not A Stage'))).to.equal('secret-environment');
    const unknown = test.engine.secrets.remove({ app: 'shop', name: 'A_NAME', environment: 'test' }, 'user:ada');
    expect(await refused(unknown)).to.equal('secret-unknown');
    expect(await rows()).to.deep.equal([]);
  });

  it('are at most a hundred; one that is replaced is none more', async () => {
    for (let i = 0; i < 100; i++) await set(`S${i}`);
    expect((await refusalOf(set('ONE_MORE'))).code).to.equal('secrets-full');
    expect(await set('S7')).to.include({ replaced: true });
  });

  it('of one row never open in another, also for whoever can write the records', async () => {
    await set('TEST_ONE', 'value of the test');
    await set('REAL_ONE', 'value of production', 'production');
    const { store, vault } = test.engine.parts;
    const [real] = (await rows()).filter(({ name }) => name === 'REAL_ONE');
    const sealed = real?.sealed ?? '';
    await store.write((tx) => tx.updateTable('secrets').set({ sealed }).where('name', '=', 'TEST_ONE').execute());
    const app = await test.engine.apps.find('shop');
    expect(() => vault.open(`secret:${app.id}::TEST_ONE`, sealed)).to.throw('sealed for something else');
  });

  describe('when the key is changed', () => {
    const keyOfAll = async () => [...new Set((await rows()).map(({ sealed }) => sealed.split('.')[1]))];
    const told = async () => {
      const entries = await test.engine.parts.store.read.selectFrom('audit').select(['action', 'detail']).execute();
      return entries.filter(({ action }) => /key|anew/.test(action)).map(({ action, detail }) => `${action} ${detail}`);
    };

    it('are sealed anew; the old key stays until it is forgotten, and opens nothing after that', async () => {
      for (let i = 0; i < 120; i++) await set(`S${i % 90}`, `${VALUE} ${i}`);
      const { vault } = test.engine.parts;
      const [old] = vault.keyIds();
      const { key, sealedAnew } = await test.engine.secrets.rotateKey('user:ada');
      expect([key === old, sealedAnew]).to.deep.equal([false, 90]);
      expect(vault.keyIds()).to.deep.equal([key, old]);
      expect(await keyOfAll()).to.deep.equal([key]);
      expect(await test.engine.secrets.forgetOldKeys('user:ada')).to.deep.equal({ key, forgotten: [old] });
      expect(vault.keyIds()).to.deep.equal([key]);
      expect(await test.engine.secrets.forgetOldKeys('user:ada')).to.deep.equal({ key, forgotten: [] });
      expect(await told()).to.deep.equal([
        `secret.rotate-key {"key":"${key}"}`,
        'secret.seal-anew {"values":90}',
        `secret.forget-key {"forgotten":["${old}"],"key":"${key}"}`,
      ]);
    });

    it('and that is cut off in the middle, can be read all the same, and are finished later', async () => {
      for (let i = 0; i < 70; i++) await set(`S${i}`);
      const { parts } = test.engine;
      let writes = 0;
      const write: typeof parts.store.write = (work, ...more) => {
        if (++writes > 2) throw new Error('killed');
        return parts.store.write(work, ...more);
      };
      const dying = rotateKey({ ...parts, store: { ...parts.store, write } }, 'user:ada');
      expect((await refusalOf(dying)).message).to.equal('killed');
      const [key, old] = parts.vault.keyIds();
      const app = await test.engine.apps.find('shop');
      for (const { name, sealed } of await rows()) {
        expect(parts.vault.open(`secret:${app.id}::${name}`, sealed).toString()).to.equal(VALUE);
      }
      const early = await refusalOf(test.engine.secrets.forgetOldKeys('user:ada'));
      expect([early.code, early.message]).to.deep.equal([
        ...['key-needed', 'no key is forgotten: 20 values are still sealed with an older key'],
      ]);
      expect(early.next).to.contain('gantry secret rotate-key');
      expect(await test.engine.secrets.rotateKey('user:ada')).to.deep.equal({ key, sealedAnew: 20 });
      expect(await test.engine.secrets.resumeRotation('rule:key-rotation')).to.equal(0);
      expect(parts.vault.keyIds()).to.deep.equal([key, old]);
    });

    it('and that is cut off before the records name the new key, are sealed with the old one until it goes on', async () => {
      const { vault } = test.engine.parts;
      await test.engine.secrets.rotateKey('user:ada');
      const [old] = vault.keyIds();
      const fresh = vault.addKey();
      await set('DB_PASSWORD');
      expect(await keyOfAll()).to.deep.equal([old]);
      const early = await refusalOf(test.engine.secrets.forgetOldKeys('user:ada'));
      expect([early.code, early.message]).to.deep.equal([
        ...['key-needed', `no key is forgotten: key ${old} still seals, and ${fresh} not yet`],
      ]);
      expect(await test.engine.secrets.resumeRotation('rule:key-rotation')).to.equal(1);
      expect(await keyOfAll()).to.deep.equal([fresh]);
    });

    it('are not sealed, and no key is made, where the file of another machine was not copied to', async () => {
      const { engine } = test;
      const other = createEngine({ ...engine.parts, vault: testVault() });
      await set('BEFORE');
      const { key } = await engine.secrets.rotateKey('user:ada');
      const wanted = { app: 'shop', name: 'LATE', environment: '', value: Buffer.from(VALUE) };
      const acts = [
        () => other.secrets.set(wanted, 'user:bob'),
        () => other.secrets.rotateKey('user:bob'),
        () => other.secrets.forgetOldKeys('user:bob'),
        () => other.apps.connect({ app: 'shop', url: 'https://forge.example/shop.git', token: 'token1' }, 'user:bob'),
        () => other.apps.newDeployKey('shop', 'user:bob'),
      ];
      for (const act of acts) {
        const refused = await refusalOf(act());
        expect([refused.code, refused.message]).to.satisfy(
          ([code, message]: string[]) => code === 'secret-key' && message?.includes(`seals with key ${key}`),
        );
      }
      expect((await rows()).map(({ name }) => name)).to.deep.equal(['BEFORE']);
      expect(other.parts.vault.keyIds()).to.have.lengthOf(1);
    });
  });
});

describe('secrets that a step asks for', () => {
  let line: Line;
  const SERVED = `build:
  commands: [{ name: unit, run: npm test, secrets: [NPM_TOKEN] }]
serve: { image: {}, port: 3000, health: { path: / }, secrets: [DB_PASSWORD] }
stages:
  test: {}
  production: { approve: { role: release-manager } }
`;
  beforeEach(async () => {
    line = await Line.of(SERVED);
  });
  afterEach(() => line.close());

  const engine = () => line.test.engine;
  const set = (name: string, value: string, environment = '') =>
    engine().secrets.set({ app: 'shop', name, environment, value: Buffer.from(value) }, 'user:ada');
  const open = async (step: string, wanted: Partial<SecretsWanted> = {}): Promise<string[]> => {
    const opened = await engine().secrets.open(line.lease(step), { names: ['DB_PASSWORD'], stage: null, ...wanted });
    return opened.map(({ name, value }) => `${name}=${value.toString()}`);
  };
  const PRODUCTION = { stage: { name: 'production', production: true } };
  const setAll = async () => {
    await set('DB_PASSWORD', 'of everything');
    await set('DB_PASSWORD', 'of the test', 'test');
    await set('DB_PASSWORD', 'of production', 'production');
  };

  it('are those of its stage; builds have the general ones, and production none but its own', async () => {
    await setAll();
    await set('NPM_TOKEN', 'of the build');
    const run = await line.push();
    await line.take();
    expect(await open(`${run} command/unit`)).to.deep.equal(['DB_PASSWORD=of everything']);
    expect(await open(`${run} command/unit`, { stage: { name: 'test', production: false } })).to.deep.equal([
      'DB_PASSWORD=of the test',
    ]);
    expect(await open(`${run} command/unit`, { stage: { name: 'qa', production: false } })).to.deep.equal([
      'DB_PASSWORD=of everything',
    ]);
    const audit = await engine()
      .parts.store.read.selectFrom('audit')
      .selectAll()
      .where('action', '=', 'secret.give')
      .execute();
    expect(audit).to.have.lengthOf(3);
    expect(audit[0]).to.include({ actor: 'runner:r', object: `shop#${run}/command/unit` });
  });

  it('of production are refused until people have agreed, and given then [S10]', async () => {
    await setAll();
    const run = await line.push();
    await line.take();
    const early = await refusalOf(open(`${run} command/unit`, PRODUCTION));
    expect(early.message).to.contain('given only after the approval of production');
    for (const step of ['command/unit', 'build-image']) await line.end(`${run} ${step}`);
    await line.go(run, 'seal', 'test/deliver', 'production/approve');
    await line.approve(run);
    await line.take();
    expect(await open(`${run} production/deliver`, PRODUCTION)).to.deep.equal(['DB_PASSWORD=of production']);
  });

  it('are refused to pipelines of other branches, with what to do about it [S10]', async () => {
    await setAll();
    await line.push('main');
    const run = await line.push('feature/steal');
    await line.take();
    const refused = await refusalOf(open(`${run} command/unit`));
    expect(refused.message).to.contain('refs/heads/feature/steal is not protected');
    expect(refused.next).to.contain('gantry app protect shop');
    await engine().secrets.protect({ app: 'shop', kind: 'branch', pattern: 'feature/*' }, 'user:ada');
    expect(await open(`${run} command/unit`)).to.deep.equal(['DB_PASSWORD=of everything']);
    await engine().secrets.unprotect({ app: 'shop', kind: 'branch', pattern: 'feature/*' }, 'user:ada');
    await refusalOf(open(`${run} command/unit`));
  });

  it('are those of the default branch until somebody says otherwise, and of none where two could be it', async () => {
    const protectedBy = async () => {
      const { items, byDefault } = await engine().secrets.protected('shop');
      return [...items.map(({ kind, pattern }) => `${kind} ${pattern}`), byDefault];
    };
    expect(await protectedBy()).to.deep.equal(['branch main', true]);
    await line.push('master');
    expect(await protectedBy()).to.deep.equal(['branch master', true]);
    await line.push('main');
    expect(await protectedBy()).to.deep.equal([true]);
    await engine().secrets.protect({ app: 'shop', kind: 'branch', pattern: 'master' }, 'user:ada');
    await engine().secrets.protect({ app: 'shop', kind: 'tag', pattern: 'v*' }, 'user:ada');
    expect(await protectedBy()).to.deep.equal(['branch master', 'tag v*', false]);
    const bad = engine().secrets.protect({ app: 'shop', kind: 'tag', pattern: 'a b' }, 'user:ada');
    expect((await refusalOf(bad)).code).to.equal('protected-pattern');
  });

  it('are refused to a pipeline that came with a release instead of from a commit [S10]', async () => {
    await setAll();
    await line.push();
    const digest = (await engine().parts.bytes.put(streamOf('a file'), 100)).digest;
    const given = { kind: 'war' as const, digest, name: 'shop.war' };
    const { run } = await engine().releases.create({ app: 'shop', given, pipeline: SERVED }, 'user:eve');
    await line.take(['plan']);
    const refused = await refusalOf(open(`${run} plan`));
    expect(refused.message).to.contain('its pipeline came with it');
  });

  it('that are not set name the command that sets them', async () => {
    const run = await line.push();
    await line.take();
    const refused = await refusalOf(open(`${run} command/unit`, { names: ['NPM_TOKEN'] }));
    expect(refused).to.include({
      message: 'the secret NPM_TOKEN is not set for builds',
      next: 'set it: gantry secret set shop NPM_TOKEN < FILE',
    });
  });

  describe('together', () => {
    const LARGE = `build:
  commands: [{ name: unit, run: npm test, secrets: [ONE, TWO] }]
serve: { image: {}, port: 3000, health: { path: / }, secrets: [ONE] }
stages:
  test: { verify: [{ run: ./check.sh, secrets: [ONE] }, { run: ./more.sh, secrets: [ONE, TWO] }] }
`;
    const size = (bytes: number) => 'v'.repeat(bytes);
    beforeEach(() => set('ONE', 'of production', 'production'));
    const check = async (text: string) => {
      await line.push('main', { planned: false });
      await line.take(['plan']);
      const parsed = parsePipeline(`app: shop\n${text}`);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      const plan = line.heldOf('shop').filter((step) => step.endsWith(' plan'));
      return engine().secrets.checkPlan(line.lease(plan.at(-1) ?? ''), planPipeline(parsed.spec));
    };

    it('have a limit for one step, which the plan tells before anything is built', async () => {
      await set('ONE', size(40_000));
      await set('TWO', size(25_536));
      await check(LARGE);
      await set('TWO', size(25_537));
      const refused = await refusalOf(check(LARGE));
      expect(refused).to.include({
        message: 'the secrets of command/unit have 65537 bytes together, and 65536 is the limit for one step',
        next: 'name fewer, or keep what is large elsewhere, and the key to it here',
      });
      const apart = LARGE.replace('secrets: [ONE, TWO] }]\nserve', 'secrets: [TWO] }]\nserve');
      expect((await refusalOf(check(apart))).message).to.contain('the secrets of test/verify have 65537 bytes');
      await check(apart.replace('secrets: [ONE, TWO] }]', 'secrets: [ONE] }]'));
    });

    it('count as they are given: the value of the stage, and not the one that it takes the place of', async () => {
      await set('ONE', size(65_000));
      await set('TWO', size(65_000));
      await set('TWO', size(500), 'test');
      await check(LARGE.replace('secrets: [ONE, TWO] }]\nserve', 'secrets: [TWO] }]\nserve'));
    });

    it('that have grown since the plan are not given, and none of them is said to be', async () => {
      await set('ONE', size(40_000));
      await set('TWO', size(40_000));
      const run = await line.push();
      await line.take();
      const refused = await refusalOf(open(`${run} command/unit`, { names: ['ONE', 'TWO'] }));
      expect(refused.message).to.contain('the secrets of command/unit have 80000 bytes together');
      const told = await engine().parts.store.read.selectFrom('audit').select('action').execute();
      expect(told.map(({ action }) => action)).to.not.include('secret.give');
      expect(await open(`${run} command/unit`, { names: ['ONE'] })).to.have.lengthOf(1);
    });
  });

  it('are refused to whoever lost the step', async () => {
    await setAll();
    const run = await line.push();
    await line.take();
    const late = { ...line.lease(`${run} command/unit`), epoch: 0 };
    const refused = await refusalOf(engine().secrets.open(late, { names: ['DB_PASSWORD'], stage: null }));
    expect(refused.code).to.equal('lease-lost');
  });
});

function streamOf(text: string): NodeJS.ReadableStream {
  return Readable.from([Buffer.from(text)]);
}
