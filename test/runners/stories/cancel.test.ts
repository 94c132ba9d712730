import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type GantryError, LeaseLostError } from '../../../engine/model/errors';
import type { StepId } from '../../../engine/model/ids';
import type { World } from '../../../runners/world';
import { onPostgres } from '../../support/engine';
import { commit, type House, makeHouse } from '../../support/house';

const SHOP = {
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: shop
build:
  commands: [{ name: unit, run: npm test }]
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  test: {}
  gray: { share: 5% }
  production: {}
`,
};
/** Every so many of the moments, others each day. */
const STRIDE = onPostgres ? 8 : 4;
const DAY_MS = 86_400_000;

const codeOf = (error: GantryError): string => error.code;

/** Cancels run 2 at the n-th moment that matters of it. */
function cancelAt(n: number) {
  let [count, isArmed] = [0, false];
  let house: House | undefined;
  const effects = async (): Promise<string[]> => {
    const rows = await (house as House).engine.parts.store.read
      .selectFrom('effects')
      .innerJoin('runs', 'runs.id', 'effects.run_id')
      .select(['effects.key', 'effects.verb', 'effects.state'])
      .where('runs.number', '=', 2)
      .orderBy('effects.key')
      .execute();
    return rows.filter(({ verb }) => verb === 'run').map(({ key }) => key);
  };
  /** What the cancel was answered with: the effects of that moment, or the code of a refusal. */
  let answered: string[] | string | undefined;
  const cancel = async (): Promise<void> => {
    const wanted = { app: 'shop', run: 2, reason: '' };
    const refused = await house?.engine.runs.cancel(wanted, 'user:ada').then(() => undefined, codeOf);
    answered = refused ?? (await effects());
  };
  let cancelling: Promise<void> | undefined;
  return {
    effects,
    /** Undefined when the run had no such moment. */
    answered: async () => {
      await cancelling;
      return answered;
    },
    moments: () => count,
    arm: (armed: House) => {
      house = armed;
      isArmed = true;
    },
    probe: async (): Promise<void> => {
      if (!isArmed || ++count !== n) return;
      isArmed = false;
      cancelling = cancel();
      await cancelling;
    },
  };
}

describe('cancelling a run', function () {
  this.timeout(120_000);
  let folder = '';
  let commits: [string, string];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
    commits = [await commit(folder, 'shop', SHOP), await commit(folder, 'shop', { version: '2' })];
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Two releases; the second one's run is cancelled at its n-th moment. */
  async function history(n: number) {
    const canceller = cancelAt(n);
    const house = await makeHouse({
      parts: { probe: canceller.probe },
      repositories: join(folder, 'git'),
      hasty: true,
      patienceMs: 30_000,
    });
    try {
      await house.engine.apps.create('shop', 'user:ada');
      await house.settled('shop', await house.push('shop', commits[0]));
      canceller.arm(house);
      const { row, steps } = await house.settled('shop', await house.push('shop', commits[1]));
      const [production] = (await house.engine.environments.list()).filter((e) => e.role === 'production');
      if (production === undefined) throw new Error('nothing is in production');
      return {
        ...{ row, steps, production, moments: canceller.moments() },
        route: await house.world.gateway.readRoute(production.host),
        answered: await canceller.answered(),
        effects: await canceller.effects(),
      };
    } finally {
      await house.close();
    }
  }

  it('begins nothing after it was answered, and ends a switch on one side [C1] [C2]', async () => {
    const clean = await history(0);
    expect(clean.row.state).to.equal('succeeded');
    expect(clean.moments).to.be.greaterThan(20);
    let looked = 0;
    for (let n = 1 + (Math.floor(Date.now() / DAY_MS) % STRIDE); n < clean.moments; n += STRIDE) {
      const { row, steps, production, route, answered, effects } = await history(n);
      const moment = `cancelled at moment ${n} of ${clean.moments}`;
      if (!Array.isArray(answered)) {
        // Before it was there, after its end, or not reached.
        expect(answered, moment).to.be.oneOf(['run-unknown', 'run-ended', undefined]);
        continue;
      }
      looked += 1;
      expect(row.state, moment).to.equal('cancelled');
      expect(effects, `${moment}: effects that were intended`).to.deep.equal(answered);
      expect(production.confirmedVersion, moment).to.equal(production.version);
      expect(route?.version, moment).to.equal(production.version);
      const { traffic } = production;
      const isPromoted = steps.some(({ name, state }) => name === 'production/promote' && state === 'succeeded');
      expect([traffic.gray, traffic.share], moment).to.deep.equal([null, 0]);
      const stable = traffic.stable === null ? null : traffic.lanes[traffic.stable];
      expect(stable === row.release_id, `${moment}: promoted ${isPromoted}`).to.equal(isPromoted);
    }
    expect(looked, 'moments at which the run was under way').to.be.greaterThan(clean.moments / STRIDE / 2);
  });

  it('does not let a step that is taken over do anything more', async () => {
    const begun: { step: string | undefined; epoch: number; isAborted: boolean }[] = [];
    let house: House | undefined;
    // The runner dies with its command under way, and the run is cancelled before anybody takes the step over.
    const dying = (world: World): World => {
      const runCommand = world.builder.runCommand.bind(world.builder);
      world.builder.runCommand = async (request) => {
        const { step, epoch = 0 } = request.labels;
        begun.push({ step, epoch, isAborted: request.signal.aborted });
        if (epoch > 1) return runCommand(request);
        await house?.engine.runs.cancel({ app: 'shop', run: 1, reason: '' }, 'user:ada');
        throw new LeaseLostError('killed' as StepId, epoch);
      };
      return world;
    };
    house = await makeHouse({ change: dying, repositories: join(folder, 'git'), hasty: true });
    try {
      await house.engine.apps.create('shop', 'user:ada');
      const { row, steps } = await house.settled('shop', await house.push('shop', commits[0]));
      expect(row.state).to.equal('cancelled');
      expect(steps.find(({ name }) => name === 'command/unit')?.state).to.equal('cancelled');
      expect(begun).to.deep.equal([
        { step: 'command/unit', epoch: 1, isAborted: false },
        // What the dead runner left is removed; nothing is begun.
        { step: 'command/unit', epoch: 2, isAborted: true },
      ]);
    } finally {
      await house.close();
    }
  });
});
