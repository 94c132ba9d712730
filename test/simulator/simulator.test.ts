import { expect } from 'chai';
import { HISTORY_COMMANDS } from '../../bench/support/simulated';
import { invariants } from './invariants/all';
import { here, Process, reach } from './process';
import { shrink } from './shrink';
import { type Finding, openStage, playOne, type Stage } from './simulate';
import type { Invariant } from './simulation';
import { leaveTimers, quiet } from './timers';

/** Found something once, or are what every history is like. */
const FIXED = [4, 7, 20, 156, 474, 870, 3026, 3252, 2_078_106_354];
const HISTORIES_A_DAY = 40;
const DAY_MS = 86_400_000;
const SEEDS_A_DAY = 100_000;

describe('a simulated history', () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => leaveTimers());

  it('keeps every invariant: some old seeds, and others each day', async function () {
    this.timeout(300_000);
    const first = Math.floor(Date.now() / DAY_MS) * SEEDS_A_DAY;
    const seeds = [...FIXED, ...Array.from({ length: HISTORIES_A_DAY }, (_, i) => first + i)];
    for (const seed of seeds) {
      const { finding } = await playOne(stage, seed, { commands: HISTORY_COMMANDS, invariants });
      expect(finding, `gantry bench simulate --seed ${seed}`).to.equal(undefined);
    }
  });

  it('is the same again from its seed, and from its commands', async () => {
    for (const seed of [12, 13, 18, 19]) {
      const first = await playOne(stage, seed, { commands: HISTORY_COMMANDS, invariants: [] });
      const hash = first.hash();
      expect((await playOne(stage, seed, { commands: HISTORY_COMMANDS, invariants: [] })).hash()).to.equal(hash);
      const again = await playOne(stage, seed, { commands: 0, invariants: [], given: first.commands });
      expect(again.hash()).to.equal(hash);
    }
  });

  it('is another one from another seed', async () => {
    const one = await playOne(stage, 21, { commands: HISTORY_COMMANDS, invariants: [] });
    const hash = one.hash();
    const other = await playOne(stage, 22, { commands: HISTORY_COMMANDS, invariants: [] });
    expect(other.hash()).not.to.equal(hash);
  });

  it('that breaks an invariant shrinks to the commands that it takes', async () => {
    const [found, shortest] = await shrunk(stage, [threePushes]);
    expect(found.commands.length).to.be.above(3);
    expect(shortest.commands.map((command) => command.do)).to.deep.equal(['push', 'push', 'push']);
    expect(shortest.what).to.equal('there are three pushes');
  });
});

/** Holds until three pushes were accepted. */
const threePushes: Invariant = {
  id: 'T1',
  says: 'there are no three pushes',
  check: ({ journal }) => {
    const pushes = journal.filter(({ command, answer }) => command.do === 'push' && answer.kind === 'done');
    return pushes.length >= 3 ? 'there are three pushes' : undefined;
  },
};

async function shrunk(stage: Stage, broken: readonly Invariant[]): Promise<[Finding, Finding]> {
  for (let seed = 1; ; seed++) {
    const { finding } = await playOne(stage, seed, { commands: HISTORY_COMMANDS, invariants: broken });
    if (finding !== undefined) return [finding, await shrink(stage, finding, broken)];
  }
}

describe('a process of the simulation', () => {
  const begin = (process: Process, done: string[]): void => {
    void here.run(process.background, async () => {
      await reach();
      done.push('first');
      await reach();
      done.push('second');
    });
  };

  it('that dies at a point never goes on', async () => {
    const process = new Process('runner-1', 1);
    const done: string[] = [];
    process.expect({ point: 2, what: 'die' });
    begin(process, done);
    await quiet();
    process.wake();
    await quiet();
    expect(done).to.deep.equal(['first']);
    expect(process.state).to.equal('dead');
  });

  it('that is paused at a point goes on when it is woken', async () => {
    const process = new Process('runner-1', 1);
    const done: string[] = [];
    process.expect({ point: 2, what: 'pause' });
    begin(process, done);
    await quiet();
    expect(done).to.deep.equal(['first']);
    process.wake();
    await quiet();
    expect(done).to.deep.equal(['first', 'second']);
  });
});
