import { expect } from 'chai';
import { finishStep, type StepEnd } from '../../engine/steps/finish';
import type { StepLease } from '../../engine/steps/lease';
import { retryAfter } from '../../engine/steps/retry';
import { DEFAULT_RETRY, type RetrySpec } from '../../pipelines/types';
import { makeEngine, type TestEngine } from '../support/engine';
import { takeStep } from '../support/take-step';

const WORLD: StepEnd = { end: 'failed', fault: 'world', reason: 'Docker does not answer', next: '' };
const KINDS = { kinds: ['plan'] };

describe('trying a step again', () => {
  const policy = (change: Partial<RetrySpec>): RetrySpec => ({ ...DEFAULT_RETRY, ...change });

  it('is done three times when something around it fails, with a pause that doubles', () => {
    const pauses = [0, 1, 2, 3].map((retries) => retryAfter({ retry: DEFAULT_RETRY, retries }, { fault: 'world' }));
    expect(pauses).to.deep.equal([1_000, 2_000, 4_000, null]);
  });

  it('is not done for what the user gave us, nor for a fault of our own, unless the pipeline says so', () => {
    for (const fault of ['user', 'gantry'] as const) {
      expect(retryAfter({ retry: DEFAULT_RETRY, retries: 0 }, { fault })).to.equal(null);
      expect(retryAfter({ retry: DEFAULT_RETRY, retries: 0 }, { fault, ended: 'timeout' })).to.equal(null);
    }
  });

  it('is done after a time-out, or after an exit code, where the pipeline names them', () => {
    const retry = policy({ on: ['timeout', 75], backOff: 10_000 });
    expect(retryAfter({ retry, retries: 0 }, { fault: 'user', ended: 'timeout' })).to.equal(10_000);
    expect(retryAfter({ retry, retries: 1 }, { fault: 'user', ended: 75 })).to.equal(20_000);
    expect(retryAfter({ retry, retries: 0 }, { fault: 'user', ended: 1 })).to.equal(null);
    expect(retryAfter({ retry, retries: 0 }, { fault: 'world' })).to.equal(null);
  });

  it('never waits longer than five minutes, and not at all with no times', () => {
    expect(retryAfter({ retry: policy({ times: 10, backOff: 60_000 }), retries: 9 }, { fault: 'world' })).to.equal(
      300_000,
    );
    expect(retryAfter({ retry: policy({ times: 0 }), retries: 0 }, { fault: 'world' })).to.equal(null);
  });

  describe('in a run', () => {
    let test: TestEngine;
    beforeEach(async () => {
      test = await makeEngine();
      await test.engine.apps.create('shop', 'user:ada');
      const push = { app: 'shop', source: 'git-push', ref: 'refs/heads/main', before: '0'.repeat(40) };
      await test.engine.deliveries.accept({ ...push, after: 'a'.repeat(40), pusher: 'user:ada' }, 'user:ada');
    });
    afterEach(() => test.close());

    async function take(): Promise<StepLease> {
      // As if the pause were over.
      await test.engine.parts.store.write((tx) => tx.updateTable('steps').set({ not_before: 0 }).execute());
      const lease = await takeStep(test.engine.parts, 'test', KINDS);
      if (lease === undefined) throw new Error('nothing to take');
      return lease;
    }
    const state = async () => (await test.engine.runs.find('shop', 1)).steps[0]?.state;

    it('counts failures alone: a lease that was given back five times leaves all of them', async () => {
      for (let n = 0; n < 5; n++) await finishStep(test.engine.parts, await take(), { end: 'returned' });
      for (let n = 0; n < 3; n++) {
        await finishStep(test.engine.parts, await take(), WORLD);
        expect(await state(), `after failure ${n + 1}`).to.equal('ready');
      }
      const last = await take();
      expect(last).to.include({ attempt: 9, retries: 3 });
      await finishStep(test.engine.parts, last, WORLD);
      expect(await state()).to.equal('failed');
    });

    it('ends with the run: what failed while it is taken back is not tried again', async () => {
      const lease = await take();
      await test.engine.runs.cancel({ app: 'shop', run: 1, reason: '' }, 'user:ada');
      await finishStep(test.engine.parts, lease, WORLD);
      expect(await state()).to.equal('cancelled');
    });
  });
});
