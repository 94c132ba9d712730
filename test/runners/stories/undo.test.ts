import { expect } from 'chai';
import { LeaseLostError } from '../../../engine/model/errors';
import type { StepId } from '../../../engine/model/ids';
import { endWarm } from '../../../runners/control/end-warm';
import { type House, type HouseOptions, makeHouse } from '../../support/house';

const PIPELINE = `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 2s }
stages:
  test:
    verify: [{ http: { path: /health, status: 200 } }]
  gray:
    approve: { role: release-manager }
    share: 5%
  production:
    approve: { role: release-manager }
    keepWarm: 30m
`;
const files = (version: string) => ({ Dockerfile: 'FROM gantry/node\n', 'gantry.yml': PIPELINE, version });

/** What people see of an app: which release has which role, and what runs. */
async function scene(house: House) {
  const app = await house.engine.apps.find('shop');
  const shown = await house.engine.environments.show(app.id);
  const at = (name: string) => shown.find((e) => e.name === name);
  const [production, test] = [at('production'), at('test')];
  return {
    test: test?.stable?.number ?? null,
    stable: production?.stable?.number ?? null,
    gray: production?.gray?.number ?? null,
    warm: production?.warm?.number ?? null,
    share: production?.share,
    runs: (await house.world.cluster.listInstances())
      .map((i) => `${i.labels.environment} ${i.labels.release}`)
      .sort()
      .join(', '),
  };
}

async function openHouse(options: HouseOptions = {}): Promise<House> {
  const house = await makeHouse({ hasty: true, ...options });
  await house.engine.apps.create('shop', 'user:ada');
  return house;
}

async function released(house: House, version: string): Promise<number> {
  const number = await house.push('shop', files(version));
  const { row } = await house.through('shop', number);
  expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
  return number;
}

type Wanted = { step: string } | { before: string };
const preview = (house: House, run: number, wanted: Wanted) =>
  house.engine.runs.previewUndo({ app: 'shop', run, ...wanted });

/** Looks, says yes, and waits for the end. */
async function undo(house: House, run: number, wanted: Wanted) {
  const { hash } = await preview(house, run, wanted);
  const asked = { app: 'shop', run, ...wanted, previewHash: hash, reason: '' };
  const started = await house.engine.runs.undo(asked, 'user:ada');
  house.worker.wake();
  return { started, ended: await house.settled('shop', started.run) };
}

const refusal = (work: Promise<unknown>): Promise<{ code: string; message: string; next: string }> =>
  work.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: { code: string; message: string; next: string }) => error,
  );

describe('undoing a step', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());

  it('of a promotion makes the old release stable by one switch, told beforehand', async () => {
    await released(house, '1');
    const run = await released(house, '2');
    const shown = await preview(house, run, { step: 'production/promote' });
    expect(shown.steps.map((s) => [s.step, s.does, s.lastMs])).to.deep.equal([
      ['production/promote', 'release 1 becomes stable again by one gateway command; release 2 stays warm', null],
    ]);
    const before = (await scene(house)).runs;
    const { ended } = await undo(house, run, { step: 'production/promote' });
    expect(ended.row).to.include({
      state: 'succeeded',
      trigger: 'undo',
      title: `undo of run ${run}, production/promote`,
    });
    expect(await scene(house)).to.include({ stable: 1, warm: 2, runs: before });
    const old = await house.engine.runs.show('shop', run);
    expect([old.state, old.steps.find((s) => s.name === 'production/promote')?.state]).to.deep.equal([
      'succeeded',
      'succeeded',
    ]);
    expect(old.steps.find((s) => s.name === 'production/promote')?.undoneBy).to.equal(ended.row.number);
    expect((await house.engine.runs.show('shop', ended.row.number)).undoes).to.equal(run);
  });

  it('of a promotion starts the old release first when it is no longer warm', async () => {
    await released(house, '1');
    const run = await released(house, '2');
    await house.engine.parts.store.write((tx) => tx.updateTable('environments').set({ warm_until: 1 }).execute());
    await endWarm(house.engine, house.world);
    const [step] = (await preview(house, run, { step: 'production/promote' })).steps;
    expect(step?.does).to.match(/^the instances of release 1 are started from its kept image, then it becomes stable/);
    await undo(house, run, { step: 'production/promote' });
    expect(await scene(house)).to.include({ stable: 1, warm: 2, runs: 'production 1, production 2, test 2' });
  });

  it('of a delivery to test brings back what ran there before', async () => {
    await released(house, '1');
    const run = await released(house, '2');
    const { started, ended } = await undo(house, run, { step: 'test/deliver' });
    expect([started.steps, ended.row.state]).to.deep.equal([['test/deliver'], 'succeeded']);
    expect(await scene(house)).to.include({ test: 1, stable: 2, runs: 'production 1, production 2, test 1' });
  });

  it('of a share set by hand brings back the share before, and tells next time how long it took', async () => {
    await released(house, '1');
    const run = await house.push('shop', files('2'));
    await house.settled('shop', run);
    await house.engine.approvals.decide({ app: 'shop', run, user: 'ada', vote: 'yes', reason: '' });
    house.worker.wake();
    await house.settled('shop', run);
    const set = async (share: number) => {
      const manual = await house.engine.runs.setGrayShare({ app: 'shop', share }, 'user:ada');
      await house.through('shop', manual.run);
      return manual.run;
    };
    const manual = await set(2_000);
    await undo(house, manual, { step: 'gray/share' });
    expect(await scene(house)).to.include({ gray: 2, share: 500 });
    const [second, third] = [await set(3_000), await set(4_000)];
    const [refused] = (await preview(house, second, { step: 'gray/share' })).refused;
    expect(refused?.why).to.equal('its share is 40 % now, and no longer the 30 % that this step set');
    const [step] = (await preview(house, third, { step: 'gray/share' })).steps;
    expect(step?.does).to.equal('30 % of the traffic meets release 2, as before, and not 40 %');
    expect(step?.lastMs).to.be.a('number');
    expect((await house.through('shop', run)).row.state).to.equal('succeeded');
  });

  it('of everything after a step goes back in reverse, and says what it leaves alone', async () => {
    await released(house, '1');
    const run = await released(house, '2');
    const shown = await preview(house, run, { before: 'seal' });
    expect(shown.steps.map((s) => s.step)).to.deep.equal([
      'production/promote',
      'production/deliver',
      'test/deliver',
      'seal',
    ]);
    expect(shown.refused).to.deep.equal([]);
    expect(shown.skipped.map((s) => s.step)).to.include.members(['production/retire', 'gray/share', 'test/verify']);
    const { ended } = await undo(house, run, { before: 'seal' });
    expect([ended.row.state, ended.row.reason]).to.deep.equal(['succeeded', '']);
    expect(await scene(house)).to.include({ test: 1, stable: 1, warm: null, runs: 'production 1, test 1' });
    const release = await house.engine.releases.show('shop', 2);
    expect(release.state).to.equal('withdrawn');
    const refused = await refusal(house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada'));
    expect(refused.code).to.equal('release-withdrawn');
    expect(await released(house, '3')).to.be.greaterThan(run);
  });

  it('of `retire` starts what it stopped, and the next release still finds a lane', async () => {
    await released(house, '1');
    await released(house, '2');
    const run = await released(house, '3');
    expect((await preview(house, run, { before: 'production/promote' })).skipped[0]?.why).to.contain(
      'gantry rollback shop --to 1',
    );
    await undo(house, run, { step: 'production/retire' });
    expect(await scene(house)).to.include({ runs: 'production 1, production 2, production 3, test 3' });
    await released(house, '4');
    expect(await scene(house)).to.include({ stable: 4, warm: 3, runs: 'production 3, production 4, test 4' });
  });

  it('of a rollback goes forward again', async () => {
    await released(house, '1');
    await released(house, '2');
    const back = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    await house.through('shop', back.run);
    const { ended } = await undo(house, back.run, { step: 'switch back' });
    expect(ended.row.state).to.equal('succeeded');
    expect(await scene(house)).to.include({ stable: 2, warm: 1 });
  });

  it('is refused while the run is under way, twice, and for steps that are not there', async () => {
    await released(house, '1');
    const open = await house.push('shop', files('2'));
    await house.settled('shop', open);
    expect(await refusal(preview(house, open, { step: 'test/deliver' }))).to.include({ code: 'run-open' });
    await house.through('shop', open);
    expect(await refusal(preview(house, open, { step: 'test/delivr' }))).to.include({
      code: 'step-unknown',
      next: 'did you mean test/deliver?',
    });
    const { ended } = await undo(house, open, { step: 'test/deliver' });
    expect((await preview(house, open, { step: 'test/deliver' })).refused[0]?.why).to.equal(
      `run ${ended.row.number} took it back already`,
    );
    expect(await refusal(undo(house, open, { step: 'test/deliver' }))).to.include({ code: 'undo-refused' });
    expect(await refusal(preview(house, ended.row.number, { step: 'undo test/deliver' }))).to.include({
      code: 'undo-of-undo',
    });
  });

  it('is refused when a later release stands on it, with what to do instead', async () => {
    const first = await released(house, '1');
    const second = await released(house, '2');
    await released(house, '3');
    const why = async (run: number, step: string) => (await preview(house, run, { step })).refused[0];
    expect(await why(second, 'production/promote')).to.deep.include({
      why: 'release 2 is not stable any more: release 3 is',
      next: 'take that one back: gantry rollback shop',
    });
    expect((await why(second, 'gray/deliver'))?.why).to.contain('the way back of release 3');
    expect((await why(second, 'seal'))?.why).to.contain('release 2 stands in production');
    expect((await why(second, 'build-image'))?.why).to.match(/made of/);
    expect((await why(first, 'test/deliver'))?.why).to.contain('release 3 runs there now');
    expect((await why(first, 'plan'))?.why).to.contain('nothing to undo');
    const [refused] = (await preview(house, first, { before: 'gray/deliver' })).refused;
    expect(refused?.why).to.equal('release 1 is not stable any more: release 3 is');
  });

  it('is refused when what it would do has changed since it was shown', async () => {
    await released(house, '1');
    const run = await released(house, '2');
    const { hash } = await preview(house, run, { step: 'production/promote' });
    await house.engine.parts.store.write((tx) => tx.updateTable('environments').set({ warm_until: 1 }).execute());
    await endWarm(house.engine, house.world);
    const asked = { app: 'shop', run, step: 'production/promote', previewHash: hash, reason: '' };
    expect(await refusal(house.engine.runs.undo(asked, 'user:ada'))).to.include({ code: 'preview-changed' });
    const fresh = { ...asked, previewHash: (await preview(house, run, { step: 'production/promote' })).hash };
    const both = await Promise.allSettled([1, 2].map(() => house.engine.runs.undo(fresh, 'user:ada')));
    expect(both.map((b) => b.status).sort()).to.deep.equal(['fulfilled', 'rejected']);
  });

  it('of the first release is refused: there is nothing to go back to', async () => {
    const run = await released(house, '1');
    const why = async (step: string) => (await preview(house, run, { step })).refused[0]?.why;
    expect(await why('production/promote')).to.equal('nothing was stable before release 1');
    expect(await why('test/deliver')).to.equal('nothing ran in test before release 1');
  });

  it('stops at the first step that fails, and leaves the ones before as they are', async () => {
    await released(house, '1');
    const run = await released(house, '2');
    house.world.gateway.removeServers = async () => {
      throw new Error('the gateway is broken');
    };
    const { ended } = await undo(house, run, { before: 'seal' });
    expect(ended.steps.map((s) => [s.name, s.state])).to.deep.equal([
      ['undo production/promote', 'succeeded'],
      ['undo production/deliver', 'failed'],
      ['undo test/deliver', 'cancelled'],
      ['undo seal', 'cancelled'],
    ]);
    expect(ended.row.state).to.equal('failed');
    expect((await house.engine.releases.show('shop', 2)).state).to.equal('sealed');
  });
});

describe('a runner that is killed', () => {
  const acts: [what: string, act: (house: House) => Promise<{ row: { state: string } }>][] = [
    ['an undo', async (house) => (await undo(house, 3, { before: 'seal' })).ended],
    [
      'a rollback to a named release',
      async (house) => {
        const { run } = await house.engine.runs.rollback({ app: 'shop', reason: '', to: 1 }, 'user:ada');
        return house.settled('shop', run);
      },
    ],
  ];
  const history = async (act: (house: House) => Promise<{ row: { state: string } }>, n: number) => {
    let count = Number.NEGATIVE_INFINITY;
    const probe = () => {
      if (++count === n) throw new LeaseLostError('killed' as StepId, 0);
    };
    const house = await openHouse({ parts: { probe } });
    try {
      for (const version of ['1', '2', '3']) await released(house, version);
      count = 0;
      const { row } = await act(house);
      return { moments: count, state: row.state, scene: await scene(house) };
    } finally {
      await house.close();
    }
  };

  for (const [what, act] of acts) {
    it(`during ${what}, at any moment, leaves the same in the end`, async function () {
      this.timeout(60_000);
      const clean = await history(act, 0);
      expect(clean.state).to.equal('succeeded');
      expect(clean.moments).to.be.greaterThan(5);
      // A fifth of the moments each day.
      for (let n = 1 + (Math.floor(Date.now() / 86_400_000) % 5); n <= clean.moments; n += 5) {
        const killed = await history(act, n);
        expect({ ...killed, moments: 0 }, `killed at moment ${n}`).to.deep.equal({ ...clean, moments: 0 });
      }
    });
  }
});

describe('a rollback to a named release', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());
  const back = (to: number) => house.engine.runs.rollback({ app: 'shop', reason: '', to }, 'user:ada');

  it('starts its instances first, switches, and stops what was warm', async () => {
    for (const version of ['1', '2', '3']) await released(house, version);
    const started = await back(1);
    expect(started).to.include({ kind: 'cold', from: 'shop release 3', to: 'shop release 1' });
    const { row } = await house.through('shop', started.run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    expect(await scene(house)).to.include({ stable: 1, warm: 3, runs: 'production 1, production 3, test 3' });
    const again = await back(3);
    expect(again.kind).to.equal('warm');
    await house.through('shop', again.run);
    expect(await scene(house)).to.include({ stable: 3, warm: 1 });
    const forth = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    await house.through('shop', forth.run);
    expect(await scene(house)).to.include({ stable: 1, warm: 3 });
  });

  /** Calls `meanwhile` once, between what `retire` has seen or decided and what it does then. */
  const during = async (version: string, moment: 'seen' | 'decided', meanwhile: () => Promise<unknown>) => {
    const { vacate } = house.engine.environments;
    const remove = house.world.gateway.removeServers.bind(house.world.gateway);
    const first = { done: false };
    const once = async (): Promise<void> => {
      if (first.done) return;
      first.done = true;
      await meanwhile();
    };
    house.engine.environments.vacate = async (lease, seen, lane) => {
      if (moment === 'seen' && lease.kind === 'retire') await once();
      return vacate(lease, seen, lane);
    };
    house.world.gateway.removeServers = async (slot, lane, names, drainMs) => {
      if (moment === 'decided' && (await isRetiring())) await once();
      return remove(slot, lane, names, drainMs);
    };
    await released(house, version);
    house.world.gateway.removeServers = remove;
    house.engine.environments.vacate = vacate;
    expect(first.done).to.equal(true);
  };
  const isRetiring = async () => {
    const [newest] = await house.engine.runs.list({ app: 'shop', limit: 1 });
    const { steps } = await house.engine.runs.find('shop', newest?.number ?? 0);
    return steps.some((step) => step.kind === 'retire' && step.state === 'running');
  };

  it('finds the release standing that was about to be retired when it began', async () => {
    for (const version of ['1', '2']) await released(house, version);
    const before = await house.world.cluster.listInstances();
    let run = 0;
    await during('3', 'seen', async () => {
      run = (await back(1)).run;
    });
    expect((await house.through('shop', run)).row).to.include({ state: 'succeeded', reason: '' });
    expect(await scene(house)).to.include({ stable: 1, warm: 3, runs: 'production 1, production 3, test 3' });
    const first = (all: typeof before) =>
      all.find((i) => i.labels.environment === 'production' && i.labels.release === '1');
    expect(first(await house.world.cluster.listInstances())?.id).to.equal(first(before)?.id);
  });

  it('starts the release anew whose retirement was decided when it began', async () => {
    for (const version of ['1', '2']) await released(house, version);
    await during('3', 'decided', async () => {
      const { run } = await back(1);
      expect((await house.through('shop', run)).row).to.include({ state: 'succeeded', reason: '' });
    });
    expect(await scene(house)).to.include({ stable: 1, warm: 3, runs: 'production 1, production 3, test 3' });
  });

  it('takes the lane of what is kept warm when all three are taken', async () => {
    for (const version of ['1', '2']) await released(house, version);
    const third = await released(house, '3');
    await undo(house, third, { step: 'production/retire' });
    await released(house, '4');
    const fifth = await released(house, '5');
    await undo(house, fifth, { step: 'production/retire' });
    expect((await scene(house)).runs).to.equal('production 3, production 4, production 5, test 5');
    const { run } = await back(1);
    const { row } = await house.through('shop', run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    expect(await scene(house)).to.include({
      stable: 1,
      warm: 5,
      runs: 'production 1, production 3, production 5, test 5',
    });
  });

  it('is refused for one that is stable, unknown, withdrawn, or never served, and while one is gray', async () => {
    await released(house, '1');
    const withdrawn = await released(house, '2');
    expect(await refusal(back(2))).to.include({ code: 'release-stable' });
    expect(await refusal(back(9))).to.include({ code: 'release-unknown' });
    await undo(house, withdrawn, { before: 'seal' });
    expect(await refusal(back(2))).to.include({ code: 'release-withdrawn' });
    const open = await house.push('shop', files('3'));
    await house.settled('shop', open);
    expect(await refusal(back(3))).to.include({ code: 'gray-stands' });
    await house.engine.runs.cancel({ app: 'shop', run: open, reason: '' }, 'user:ada');
    house.worker.wake();
    await house.settled('shop', open);
    expect(await refusal(back(3))).to.include({ code: 'never-stable' });
  });

  it('fails before anything is stopped when its image is gone', async () => {
    for (const version of ['1', '2', '3']) await released(house, version);
    const first = await house.engine.releases.findNumber(await house.engine.apps.find('shop'), 1);
    house.world.cluster.removeImage(first.record.image.id);
    const { run } = await back(1);
    const { row } = await house.through('shop', run);
    expect(row.state).to.equal('failed');
    expect(row.reason).to.contain(
      'the image of release 1 is not on this cluster any more, and its bytes are not kept; push its commit',
    );
    expect(await scene(house)).to.include({ stable: 3, warm: 2 });
  });
});
