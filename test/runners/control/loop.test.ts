import { mock } from 'node:test';
import { expect } from 'chai';
import { TERM_MS } from '../../../engine/control/term';
import { type Loop, startLoop } from '../../../runners/control/loop';
import { makeEngine, type TestEngine } from '../../support/engine';

describe('a control loop', () => {
  let test: TestEngine;
  let turns: number;
  let rests: number;
  let stop: () => Promise<void>;
  beforeEach(async () => {
    test = await makeEngine();
    turns = 0;
    rests = 0;
    stop = async () => undefined;
  });
  afterEach(async () => {
    mock.timers.reset();
    await stop();
    await test.close();
  });

  const start = (everyMs: number): void => {
    const loop: Loop = {
      name: 'reaper',
      everyMs,
      turn: async () => {
        turns += 1;
      },
      rest: () => {
        rests += 1;
      },
    };
    stop = startLoop(test.engine, loop, 'reaper/local', 'first');
  };
  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  const terms = () => test.engine.parts.store.read.selectFrom('terms').selectAll().execute();
  const setTerm = (change: { until?: number; epoch?: number }) =>
    test.engine.parts.store.write((tx) => tx.updateTable('terms').set(change).execute());

  it('keeps its term between two turns, however far apart they are', async () => {
    mock.timers.enable({ apis: ['setInterval'] });
    start(10 * TERM_MS);
    await until(() => turns === 1);
    const [taken] = await terms();
    await setTerm({ until: (taken?.until ?? 0) - TERM_MS / 2 - 1 });
    mock.timers.tick(TERM_MS / 2);
    await until(async () => ((await terms())[0]?.until ?? 0) >= (taken?.until ?? 0));
    expect([turns, (await terms())[0]?.epoch]).to.deep.equal([1, taken?.epoch]);
  });

  it('forgets what it saw while everything is held', async () => {
    start(2);
    await until(() => turns > 1);
    const before = rests;
    await test.engine.holds.begin('restore', { reason: 'they came back', since: 1, forMs: null });
    await until(() => rests > before);
    await test.engine.holds.lift('restore');
    const then = turns;
    await until(() => turns > then);
  });

  it('forgets what it saw when another one had the term in between', async () => {
    start(2);
    await until(() => turns > 1);
    const before = rests;
    await setTerm({ epoch: ((await terms())[0]?.epoch ?? 0) + 2 });
    await until(() => rests > before);
    const then = turns;
    await until(() => turns > then + 1);
    expect(rests, 'once').to.equal(before + 1);
  });
});
