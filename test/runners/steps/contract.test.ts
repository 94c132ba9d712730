import { Readable } from 'node:stream';
import { expect } from 'chai';
import type { Json } from '../../../engine/model/hash';
import type { StepContext, StepKind, StepResult } from '../../../engine/ports/step-kind';
import { finishStep } from '../../../engine/steps/finish';
import type { StepLease } from '../../../engine/steps/lease';
import type { Given } from '../../../pipelines/types';
import { oneFileArchive } from '../../../runners/dummy/archive';
import { stepKinds } from '../../../runners/steps/kinds';
import { makeContext } from '../../../runners/worker/execute';
import { type House, makeHouse } from '../../support/house';
import { takeStep } from '../../support/take-step';

const IMAGE_APP = {
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: shop
build:
  commands: [{ name: unit, in: gantry/node, run: node --test }]
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 2s }
stages:
  test: { verify: [{ http: { path: /health, status: 200 } }] }
  gray: { share: 5%, observe: { for: 1s, errors: "< 1%", minRequests: 0 } }
  production: { approve: { role: release-manager } }
`,
};
const WAR_APP = {
  'pom.xml': '<project/>',
  'gantry.yml': `app: shop
build:
  artifact: { in: gantry/maven, run: mvn package, take: target/*.war }
serve: { base: gantry/tomcat, port: 8080, health: { path: /health, within: 2s } }
stages: { test: { deliver: inject }, production: {} }
`,
};

/** What people meet and what stands: it must not change by looking, nor by doing the same again. */
async function picture(house: House): Promise<unknown> {
  const environments = await house.engine.environments.list();
  return {
    instances: (await house.world.cluster.listInstances()).map((i) => i.id).sort(),
    traffic: environments.map((e) => [e.name, e.version, e.traffic]),
    servers: await Promise.all(environments.map((e) => house.world.gateway.listServers(e.slot))),
  };
}

/** One step after the other by hand, so that each can be looked at, repeated and undone. */
async function walk(house: House, visit: (kind: StepKind, context: StepContext) => Promise<StepResult>): Promise<void> {
  const known = stepKinds(house.world);
  for (;;) {
    const lease = await takeStep(house.engine.parts, 'hand', { kinds: [...known.keys()] });
    if (lease === undefined) {
      if (!(await house.engine.runs.list({ limit: 1 })).some((r) => r.state === 'waiting')) return;
      await house.engine.approvals.decide({ app: 'shop', user: 'ada', vote: 'yes', reason: '' });
      continue;
    }
    const kind = known.get(lease.kind) as StepKind;
    const context = await contextOf(house, lease);
    const result = await visit(kind, context);
    await finishStep(house.engine.parts, lease, result);
  }
}

const contextOf = (house: House, lease: StepLease): Promise<StepContext> =>
  makeContext(house.engine, lease, {
    signal: new AbortController().signal,
    line: () => undefined,
    hide: () => undefined,
    stop: () => undefined,
  });

describe('every step kind', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true, idle: true });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const give = (given: Given, files: { 'gantry.yml': string }) =>
    house.engine.releases.create({ app: 'shop', given, pipeline: files['gantry.yml'] }, 'user:ada');

  for (const [name, files] of [
    ['an image app', IMAGE_APP],
    ['a WAR app', WAR_APP],
  ] as const) {
    it(`of ${name} looks without touching, and does the same when it is done again`, async () => {
      for (const version of ['1', '2']) {
        await house.push('shop', { ...files, version });
        await walk(house, async (kind, context) => {
          const before = await picture(house);
          const seen = await kind.inspect(context);
          expect(seen.found, `${kind.kind} before it ran`).to.be.oneOf(['nothing', 'partly']);
          expect(await picture(house), `${kind.kind} changed something by looking`).to.deep.equal(before);
          const result = await kind.run(context);
          const after = await picture(house);
          const again = await kind.run(context);
          expect(again.end, `${kind.kind} again`).to.equal(result.end);
          expect(await picture(house), `${kind.kind} did something twice`).to.deep.equal(after);
          await kind.inspect(context);
          expect(await picture(house), `${kind.kind} changed something by looking`).to.deep.equal(after);
          return result;
        });
      }
      const [row] = await house.engine.runs.list({ app: 'shop', limit: 1 });
      expect([row?.state, row?.reason]).to.deep.equal(['succeeded', '']);
    });
  }

  it('can be undone, and undone again', async () => {
    const kinds = new Set<string>();
    const war = oneFileArchive('WEB-INF/web.xml', '<web-app/>');
    const { digest } = await house.engine.parts.bytes.put(Readable.from([war]), war.length);
    const begin = [
      () => house.push('shop', WAR_APP),
      () => house.push('shop', { ...IMAGE_APP, 'pom.xml': '' }),
      () => give({ kind: 'image', ref: `sha256:${'7'.repeat(64)}` }, IMAGE_APP),
      () => give({ kind: 'war', digest, name: 'shop.war' }, WAR_APP),
    ];
    for (const start of begin) {
      await start();
      const done: { context: StepContext; output: Json | undefined }[] = [];
      await walk(house, async (kind, context) => {
        const result = await kind.run(context);
        done.push({ context, output: result.end === 'succeeded' ? result.output : undefined });
        if (context.lease.name === 'production/retire') {
          for (const kindName of await undoAll(house, done, context.lease)) kinds.add(kindName);
        }
        return result;
      });
    }
    expect(kinds).to.deep.equal(new Set(stepKinds(house.world).keys()));
  });
});

/** Undoes a whole run, last step first, each step twice. The first release ever has nothing to go back to. */
async function undoAll(
  house: House,
  done: readonly { context: StepContext; output: Json | undefined }[],
  held: StepLease,
): Promise<string[]> {
  const first = held.run.number === 1;
  for (const { context, output } of [...done].reverse()) {
    const { kind, name } = context.lease;
    if (first && (kind === 'promote' || name === 'test/deliver')) {
      const refused = await undo(house, context, held, output).catch((e: Error) => e.message);
      expect(refused).to.match(/nothing (was stable|ran in test) before/);
      continue;
    }
    expect((await undo(house, context, held, output)).end, name).to.equal('succeeded');
    const before = await picture(house);
    expect((await undo(house, context, held, output)).end, name).to.equal('succeeded');
    expect(await picture(house), `${name} was undone twice`).to.deep.equal(before);
  }
  return done.map(({ context }) => context.lease.kind);
}

/** As an undo step would: its own name and verb, under a lease that is held. */
async function undo(house: House, step: StepContext, held: StepLease, output: Json | undefined): Promise<StepResult> {
  const kind = stepKinds(house.world).get(step.lease.kind) as StepKind;
  const base = await contextOf(house, {
    ...held,
    name: `undo ${step.lease.name}`,
    stage: step.lease.stage,
    verb: 'undo',
  });
  return kind.undo({ ...base, spec: step.spec, stage: step.stage, undone: output });
}
