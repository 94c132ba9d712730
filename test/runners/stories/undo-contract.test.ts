import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import type { Given, StepKindName } from '../../../pipelines/types';
import { oneFileArchive } from '../../../runners/dummy/archive';
import { type House, makeHouse } from '../../support/house';

const COMMON = `  port: 8080
  health: { path: /health, within: 2s }
stages:
  test:
    verify: [{ http: { path: /health, status: 200 } }]
  gray:
    approve: { role: release-manager }
    share: 5%
  production:
    keepWarm: 30m
`;
const BY_IMAGE = `app: shop
build:
  commands: [{ name: unit, in: gantry/node, run: "true" }]
serve:
  image: { dockerfile: Dockerfile }
${COMMON}`;
const BY_ARTIFACT = `app: shop
build:
  artifact: { in: gantry/maven, run: mvn package, take: target/*.war }
serve:
  base: gantry/tomcat
${COMMON}`;

/** With a gate before production, where a release waits while it is gray. */
const GATED = BY_IMAGE.replace('keepWarm', 'approve: { role: release-manager }\n    keepWarm');
const OBSERVED = GATED.replace('share: 5%', 'share: 5%\n    observe: { for: 1s, errors: "< 50%" }');

/** What visitors meet and what runs: everything but records and the names of lanes. */
async function stateOf(house: House) {
  const app = await house.engine.apps.find('shop');
  const environments = await house.engine.environments.show(app.id);
  const instances = await house.world.cluster.listInstances();
  const releases = await house.engine.releases.list(app);
  return {
    environments: environments.map(({ name, stable, gray, warm, share, rules }) => ({
      ...{ name, stable: stable?.number ?? null, gray: gray?.number ?? null, warm: warm?.number ?? null },
      ...{ share, rules },
    })),
    instances: instances.map(({ labels }) => `${labels.environment} ${labels.release}`).sort(),
    withdrawn: releases.filter(({ state }) => state === 'withdrawn').map(({ number }) => number),
  };
}
type State = Awaited<ReturnType<typeof stateOf>>;

const production = (state: State) => state.environments.find(({ name }) => name === 'production');

interface Case {
  /** Which pipeline has such a step, and its name there. */
  pipeline: string;
  step: string;
  /** Then the last release is not built. */
  given?: Given;
  /** The step is one that a person started, while the last release is gray. */
  byHand?: true;
  /** How many releases there are before the one whose step is undone. */
  before: number;
  /** `nothing`: it changed nothing that could be taken back. Else what is expected, from how it was before the step. */
  after: 'nothing' | ((before: State) => State);
}

/** As it was, but for what the undo itself keeps on purpose. */
const asBefore = (before: State): State => before;

const WAR_BYTES = oneFileArchive('WEB-INF/web.xml', '<web-app/>');
const WAR: Given = {
  kind: 'war',
  digest: `sha256:${createHash('sha256').update(WAR_BYTES).digest('hex')}`,
  name: 'shop.war',
};
const IMAGE: Given = { kind: 'image', ref: `sha256:${'7'.repeat(64)}` };

/** Every kind: one that is added does not compile without its line here. */
const CASES: Record<StepKindName, Case> = {
  plan: { pipeline: BY_IMAGE, step: 'plan', before: 0, after: 'nothing' },
  command: { pipeline: BY_IMAGE, step: 'command/unit', before: 0, after: 'nothing' },
  'build-artifact': { pipeline: BY_ARTIFACT, step: 'build-artifact', before: 0, after: 'nothing' },
  verify: { pipeline: BY_IMAGE, step: 'test/verify', before: 0, after: 'nothing' },
  approve: { pipeline: BY_IMAGE, step: 'gray/approve', before: 0, after: 'nothing' },
  observe: { pipeline: OBSERVED, step: 'gray/observe', before: 1, after: 'nothing' },
  'build-image': { pipeline: BY_IMAGE, step: 'build-image', before: 1, after: withdrawn },
  'take-artifact': { pipeline: BY_ARTIFACT, step: 'take-artifact', given: WAR, before: 0, after: 'nothing' },
  'take-image': { pipeline: BY_IMAGE, step: 'take-image', given: IMAGE, before: 1, after: withdrawn },
  'layer-image': { pipeline: BY_ARTIFACT, step: 'layer-image', before: 1, after: withdrawn },
  seal: { pipeline: BY_IMAGE, step: 'seal', before: 1, after: withdrawn },
  deliver: { pipeline: BY_IMAGE, step: 'test/deliver', before: 1, after: asBefore },
  share: { pipeline: GATED, step: 'gray/share', byHand: true, before: 1, after: asBefore },
  // Who was gray is kept warm: promoting it again is one switch, and its run is over, so nobody watches it as gray.
  promote: {
    pipeline: BY_IMAGE,
    step: 'production/promote',
    before: 1,
    after: (before) => ({
      ...before,
      environments: before.environments.map((environment) =>
        environment.name === 'production'
          ? { ...environment, gray: null, warm: environment.gray, share: 0, rules: [] }
          : environment,
      ),
    }),
  },
  retire: { pipeline: BY_IMAGE, step: 'production/retire', before: 2, after: asBefore },
};

/** The record of the release stays, and says that it is no way back. */
function withdrawn(before: State): State {
  return { ...before, withdrawn: [2] };
}

describe('the undo of each step kind', () => {
  let house: House;
  /** How everything was when a step of this name was last begun. */
  const begun = new Map<string, State>();

  beforeEach(async () => {
    begun.clear();
    const probe = async (point: string, detail: Record<string, string | number>) => {
      if (point === 'step-taken') begun.set(String(detail.step), await stateOf(house));
    };
    house = await makeHouse({ hasty: true, parts: { probe } });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const push = (pipeline: string, version: number): Promise<number> =>
    house.push('shop', { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': pipeline, version: String(version) });
  const release = async (pipeline: string, version: number): Promise<number> => {
    const run = await push(pipeline, version);
    const { row } = await house.through('shop', run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    return run;
  };
  const give = async (pipeline: string, given: Given): Promise<number> => {
    await house.engine.parts.bytes.put(Readable.from([WAR_BYTES]), WAR_BYTES.length);
    const { run } = await house.engine.releases.create({ app: 'shop', given, pipeline }, 'user:ada');
    const { row } = await house.through('shop', run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    return run;
  };
  /** Another share than the pipeline says. */
  const shareByHand = async (pipeline: string, version: number): Promise<number> => {
    const run = await push(pipeline, version);
    await house.settled('shop', run);
    await house.engine.approvals.decide({ app: 'shop', run, user: 'ada', vote: 'yes', reason: '' });
    await house.settled('shop', run);
    const set = await house.engine.runs.setGrayShare({ app: 'shop', share: 2_000 }, 'user:ada');
    await house.settled('shop', set.run);
    expect(production(await stateOf(house))?.share).to.equal(2_000);
    return set.run;
  };
  const undo = async (wanted: { app: string; run: number } & ({ step: string } | { before: string })) => {
    const { hash } = await house.engine.runs.previewUndo(wanted);
    const started = await house.engine.runs.undo({ ...wanted, previewHash: hash, reason: '' }, 'user:ada');
    const { row } = await house.settled('shop', started.run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
  };

  for (const [kind, { pipeline, step, given, byHand, before, after }] of Object.entries(CASES)) {
    const what = after === 'nothing' ? 'has nothing to take back, and says so' : 'leaves everything as it was before';
    it(`of ${kind} ${what}`, async () => {
      for (let version = 1; version <= before; version++) await release(pipeline, version);
      const last = byHand === true ? shareByHand : release;
      const run = await (given === undefined ? last(pipeline, before + 1) : give(pipeline, given));
      const asked = { app: 'shop', run };
      if (after === 'nothing') {
        const now = await stateOf(house);
        const [refused] = (await house.engine.runs.previewUndo({ ...asked, step })).refused;
        expect(refused?.why).to.match(/^nothing to undo: /);
        expect(await stateOf(house)).to.deep.equal(now);
        return;
      }
      const was = begun.get(step);
      if (was === undefined) throw new Error(`${step} was never begun`);
      // What stands on a step is taken back with it, the last one first.
      await undo({ ...asked, before: step });
      expect(await stateOf(house)).to.deep.equal(after(was));
      expect((await house.engine.runs.find('shop', run)).row.state).to.equal('succeeded', 'records stay');
    });
  }

  it('that was a rollback, warm or cold, gives the serving state from before the rollback', async () => {
    for (const version of [1, 2, 3]) await release(BY_IMAGE, version);
    const back = async (to?: number) => {
      const wanted = { app: 'shop', reason: '', ...(to === undefined ? {} : { to }) };
      const started = await house.engine.runs.rollback(wanted, 'user:ada');
      const { row } = await house.settled('shop', started.run);
      expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
      return started.kind;
    };
    const first = await stateOf(house);
    expect([await back(), await back()]).to.deep.equal(['warm', 'warm']);
    expect(await stateOf(house)).to.deep.equal(first);
    expect([await back(1), await back(3)]).to.deep.equal(['cold', 'warm']);
    // The same serves; who was gone back to is warm now, and who was warm before gave way to it.
    const { stable, share } = production(await stateOf(house)) ?? {};
    expect({ stable, share }).to.deep.equal({ stable: 3, share: 0 });
    expect(production(await stateOf(house))?.warm).to.equal(1);
    expect(await back(2)).to.equal('cold');
    expect(await back(3)).to.equal('warm');
    expect(await stateOf(house)).to.deep.equal(first);
  });
});
