import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import type { TakeImageRequest } from '../../../engine/ports/builder';
import type { ReleaseWanted } from '../../../engine/releases/create';
import type { Given } from '../../../pipelines/types';
import { oneFileArchive } from '../../../runners/dummy/archive';
import { type House, makeHouse } from '../../support/house';

const STAGES = `  port: 8080
  health: { path: /health, within: 2s }
stages:
  test: {}
  gray:
    approve: { role: release-manager }
    share: 5%
  production: {}
`;
const WAR_PIPELINE = `app: shop
build:
  commands: [{ name: unit, in: gantry/node, run: "true" }]
  artifact: { in: gantry/maven, run: mvn package, take: target/*.war }
serve:
  base: gantry/tomcat
${STAGES}`;
const IMAGE_PIPELINE = `app: shop
serve:
  image: { dockerfile: Dockerfile }
${STAGES}`;
const IMAGE_ID = `sha256:${'7'.repeat(64)}`;
const IN_REGISTRY = `registry.example.org/shop@sha256:${'8'.repeat(64)}`;

describe('a release that is not built', () => {
  let house: House;
  let taken: TakeImageRequest[];

  beforeEach(async () => {
    taken = [];
    house = await makeHouse({
      hasty: true,
      change: (world) => {
        const { builder } = world;
        const takeImage = (request: TakeImageRequest) => {
          taken.push(request);
          return builder.takeImage(request);
        };
        return { ...world, builder: Object.assign(Object.create(builder), { takeImage }) };
      },
    });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const create = async (given: Given, more: Partial<ReleaseWanted> = {}) => {
    const started = await house.engine.releases.create({ app: 'shop', given, ...more }, 'user:ada');
    house.worker.wake();
    return started.run;
  };
  const upload = async (content: Buffer, name = 'shop.war'): Promise<Given> => {
    const { digest } = await house.engine.parts.bytes.put(Readable.from([content]), 1_000_000);
    return { kind: 'war', digest, name };
  };
  const through = async (run: number) => {
    const found = await house.through('shop', run);
    expect([found.row.state, found.row.reason]).to.deep.equal(['succeeded', '']);
    return found;
  };
  const pushed = async (pipeline: string) => {
    const files = { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': pipeline };
    await through(await house.push('shop', files));
  };
  const refusal = (work: Promise<unknown>): Promise<{ code: string; message: string; next: string }> =>
    work.then(
      () => {
        throw new Error('it was not refused');
      },
      (error) => error,
    );

  it("goes from an uploaded WAR to production by the app's own pipeline, and can be gone back to", async () => {
    await pushed(WAR_PIPELINE);
    const war = oneFileArchive('WEB-INF/web.xml', '<web-app/>');
    const found = await through(await create(await upload(war)));
    expect(found.row).to.include({ trigger: 'release', title: 'shop.war', started_by: 'user:ada' });
    expect(found.steps.map(({ name }) => name)).to.deep.equal([
      ...['plan', 'take-artifact', 'layer-image', 'seal', 'test/deliver'],
      ...[
        'gray/deliver',
        'gray/approve',
        'gray/share',
        'production/deliver',
        'production/promote',
        'production/retire',
      ],
    ]);
    const { record } = await house.engine.releases.show('shop', 2);
    const digest = `sha256:${createHash('sha256').update(war).digest('hex')}`;
    expect(record.artifact).to.deep.equal({ kind: 'war', name: 'shop.war', digest, size: war.length });
    const { run } = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    await through(run);
    const { run: forth } = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    await through(forth);
    expect((await house.engine.releases.show('shop', 2)).roles).to.deep.include({
      environment: 'production',
      role: 'stable',
    });
  });

  it('goes from an image to production, with a pipeline of its own and no repository at all', async () => {
    const run = await create({ kind: 'image', ref: IMAGE_ID }, { pipeline: IMAGE_PIPELINE });
    const found = await through(run);
    expect(found.steps.slice(0, 3).map(({ name }) => name)).to.deep.equal(['plan', 'take-image', 'seal']);
    const { record } = await house.engine.releases.show('shop', 1);
    expect([record.image.id, record.artifact]).to.deep.equal([IMAGE_ID, null]);
  });

  it('delivers an image as it is, also where the pipeline would inject', async () => {
    await pushed(WAR_PIPELINE);
    const { steps } = await through(await create({ kind: 'image', ref: IMAGE_ID }));
    const modes = steps.filter(({ kind }) => kind === 'deliver').map(({ spec }) => JSON.parse(spec).mode as string);
    expect(new Set(modes)).to.deep.equal(new Set(['image']));
    const instances = await house.world.cluster.listInstances();
    expect(instances.filter(({ labels }) => labels.release === '2').map(({ imageId }) => imageId)).to.deep.equal([
      IMAGE_ID,
      IMAGE_ID,
    ]);
  });

  it('gives what the registry asks for to the pull alone, and forgets it then', async () => {
    const credentials = { username: 'ada', password: 'correct horse' };
    const wanted = { pipeline: IMAGE_PIPELINE, credentials };
    const run = await create({ kind: 'image', ref: IN_REGISTRY }, wanted);
    const { row } = await through(run);
    expect(taken.map((request) => request.credentials)).to.deep.equal([credentials]);
    const { read } = house.engine.parts.store;
    expect(await read.selectFrom('registry_credentials').selectAll().execute()).to.deep.equal([]);
    const steps = await read.selectFrom('steps').selectAll().execute();
    const logs = await Promise.all(steps.map(({ id }) => house.engine.parts.logs.read(row.id, id, 0, 100_000)));
    const tables = ['runs', 'steps', 'effects', 'events', 'audit', 'releases', 'artifacts'] as const;
    const records = await Promise.all(tables.map((table) => read.selectFrom(table).selectAll().execute()));
    expect(`${JSON.stringify(records)}${logs.join('')}`).to.not.contain('correct horse');
  });

  it('forgets what a registry asks for also when its run ended before it pulled', async () => {
    const credentials = { identityToken: 'a token' };
    const run = await create({ kind: 'image', ref: IN_REGISTRY }, { pipeline: 'app: [', credentials });
    expect((await house.settled('shop', run)).row.state).to.equal('failed');
    await house.engine.releases.forgetOldCredentials();
    const left = await house.engine.parts.store.read.selectFrom('registry_credentials').selectAll().execute();
    expect(left).to.deep.equal([]);
  });

  it('is walked once more as what it is: no run of a branch, and in the way of none', async () => {
    await pushed(IMAGE_PIPELINE);
    const given: Given = { kind: 'image', ref: IMAGE_ID };
    const ask = (run: number, from = 'seal') =>
      house.engine.runs.restart({ app: 'shop', run, from, reason: '' }, 'user:ada');
    const cancelled = async (run: number) => {
      await house.engine.runs.cancel({ app: 'shop', run, reason: '' }, 'user:ada');
      expect((await house.settled('shop', run)).row.state).to.equal('cancelled');
      return run;
    };
    const first = await create(given);
    await house.settled('shop', first);
    await cancelled(first);
    const push = await house.push('shop', { Dockerfile: '', 'gantry.yml': IMAGE_PIPELINE, version: '2' });
    await house.settled('shop', push);
    await cancelled(push);
    const { run } = await ask(first);
    expect((await house.settled('shop', run)).row).to.include({ trigger: 'release', state: 'waiting' });
    expect((await refusal(ask(first))).message).to.include(`run ${run} came after it and is waiting`);
    await cancelled((await ask(push, 'build-image')).run);
    // What it was told to take is known also to a restart of the restart.
    await cancelled(run);
    const last = await ask(run, 'plan');
    const { row, steps } = await through(last.run);
    expect([row.trigger, ...steps.slice(0, 2).map(({ name }) => name)]).to.deep.equal([
      'release',
      'plan',
      'take-image',
    ]);
  });

  it('is not pulled once more without what the registry asked for', async () => {
    const credentials = { username: 'ada', password: 'correct horse' };
    const run = await create({ kind: 'image', ref: IN_REGISTRY }, { pipeline: IMAGE_PIPELINE, credentials });
    await house.settled('shop', run);
    await house.engine.runs.cancel({ app: 'shop', run, reason: '' }, 'user:ada');
    await house.settled('shop', run);
    const ask = (from: string) => house.engine.runs.restart({ app: 'shop', run, from, reason: '' }, 'user:ada');
    for (const from of ['plan', 'take-image']) {
      const { code, next } = await refusal(ask(from));
      expect(code).to.equal('restart-credentials');
      expect(next).to.match(/^create the release again: gantry release create shop --image registry.example.org/);
    }
    await through((await ask('seal')).run);
    expect(taken).to.have.length(1);
  });

  it('is refused when it is no web application [F42]', async () => {
    await pushed(WAR_PIPELINE);
    const failed = async (content: Buffer) =>
      (await house.settled('shop', await create(await upload(content)))).row.reason;
    expect(await failed(Buffer.from('no archive'))).to.match(/^take-artifact: the WAR is truncated or no archive/);
    expect(await failed(oneFileArchive('index.html', 'hello'))).to.match(/^take-artifact: the WAR has no WEB-INF/);
  });

  it('is refused when its pipeline has no base for it, or is for another app', async () => {
    const given = await upload(oneFileArchive('WEB-INF/web.xml', ''));
    const reason = async (pipeline: string) =>
      (await house.settled('shop', await create(given, { pipeline }))).row.reason;
    expect(await reason(IMAGE_PIPELINE)).to.match(/shop.war needs a base to run on/);
    expect(await reason(WAR_PIPELINE.replace('app: shop', 'app: bank'))).to.match(
      /the pipeline that was given says app: bank, but it is for shop/,
    );
  });

  it('is refused at once without bytes, without a digest, and without any pipeline', async () => {
    const given = await upload(oneFileArchive('WEB-INF/web.xml', ''));
    const missing: Given = { kind: 'war', digest: `sha256:${'0'.repeat(64)}`, name: 'shop.war' };
    expect(await refusal(create(missing))).to.include({ code: 'artifact-unknown' });
    expect(await refusal(create({ kind: 'image', ref: 'shop:latest' }))).to.include({ code: 'image-moves' });
    expect(await refusal(create(given))).to.include({
      code: 'no-pipeline',
      next: 'give one: --pipeline FILE, or push the repository',
    });
  });
});
