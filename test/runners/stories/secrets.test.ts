import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { type KeyPlace, KeyVault } from '../../../engine/store/vault';
import { type House, type HouseOptions, makeHouse } from '../../support/house';

const files = (app: string, secrets: string) => ({
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: ${app}
build:
  commands: [{ name: unit, run: npm test, ${secrets} retry: { times: 0 } }]
serve: { image: {}, port: 3000, health: { path: / } }
stages: {}
`,
});

describe('a pipeline that names secrets', () => {
  let house: House;
  const begin = async (options: HouseOptions = {}) => {
    house = await makeHouse({ hasty: true, ...options });
    for (const app of ['shop', 'ledger']) await house.engine.apps.create(app, 'user:ada');
  };
  afterEach(() => house.close());

  const run = async (app: string, secrets = 'secrets: [NPM_TOKEN],') => {
    const number = await house.push(app, files(app, secrets));
    await house.through(app, number);
    return house.engine.runs.show(app, number);
  };
  const set = () =>
    house.engine.secrets.set(
      { app: 'shop', name: 'NPM_TOKEN', environment: '', value: Buffer.from('a token of npm') },
      'user:ada',
    );

  it('runs with them', async () => {
    await begin();
    await set();
    expect((await run('shop')).state).to.equal('succeeded');
  });

  it('ends at its plan when one of them is not set, and says how to set it', async () => {
    await begin();
    const { state, failure, steps } = await run('shop');
    expect([state, failure?.step]).to.deep.equal(['failed', 'plan']);
    expect(failure?.error).to.contain('the secret NPM_TOKEN is not set for builds');
    expect(JSON.stringify(failure)).to.contain('gantry secret set shop NPM_TOKEN < FILE');
    expect(steps).to.have.lengthOf(1);
  });

  it('ends at its plan when they are too much for one step', async () => {
    await begin();
    for (const name of ['NPM_TOKEN', 'CHAIN']) {
      const value = Buffer.alloc(40_000, name);
      await house.engine.secrets.set({ app: 'shop', name, environment: '', value }, 'user:ada');
    }
    const { state, failure } = await run('shop', 'secrets: [NPM_TOKEN, CHAIN],');
    expect([state, failure?.step]).to.deep.equal(['failed', 'plan']);
    expect(failure?.error).to.contain('the secrets of command/unit have 80000 bytes together');
    expect((await run('shop', 'secrets: [CHAIN],')).state).to.equal('succeeded');
  });

  it('ends at its plan when its branch is not protected: an evil branch gets nothing [S10]', async () => {
    await begin();
    await set();
    await house.engine.secrets.protect({ app: 'shop', kind: 'branch', pattern: 'release' }, 'user:ada');
    const { state, failure } = await run('shop');
    expect([state, failure?.step]).to.deep.equal(['failed', 'plan']);
    expect(failure?.error).to.contain('refs/heads/main is not protected');
    expect((await run('ledger', '')).state).to.equal('succeeded');
  });

  it('fails as the fault of the house while the key is missing; pipelines without secrets go on', async () => {
    const place: KeyPlace = {
      read: () => {
        throw new Error('ENOENT: no such file, secret.key');
      },
      write: () => undefined,
    };
    await begin({ parts: { vault: new KeyVault(place, { bytes: randomBytes }) } });
    await house.engine.parts.store.write(async (tx) => {
      const { id } = await tx.selectFrom('apps').select('id').where('name', '=', 'shop').executeTakeFirstOrThrow();
      const purpose = Buffer.from(`secret:${id}::NPM_TOKEN`).toString('base64url');
      const row = { app_id: id, environment: '', name: 'NPM_TOKEN', sealed: `sealed1.0.${purpose}.${'A'.repeat(60)}` };
      await tx
        .insertInto('secrets')
        .values({ ...row, set_at: 1, set_by: 'user:ada' })
        .execute();
    });
    const { state, failure } = await run('shop');
    expect([state, failure?.step]).to.deep.equal(['failed', 'command/unit']);
    expect(JSON.stringify(failure)).to.contain('put the key file of this installation back');
    expect((await run('ledger', '')).state).to.equal('succeeded');
  });
});
