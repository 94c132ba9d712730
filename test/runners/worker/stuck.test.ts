import { expect } from 'chai';
import type { StepKind } from '../../../engine/ports/step-kind';
import { executeStep } from '../../../runners/worker/execute';
import { makeEngine, type TestEngine } from '../../support/engine';
import { takeStep } from '../../support/take-step';

describe('a step that does not stop', () => {
  let test: TestEngine;
  before(async () => {
    test = await makeEngine();
    await test.engine.apps.create('shop', 'user:ada');
    const push = { app: 'shop', source: 'git-push', ref: 'refs/heads/main', before: '0'.repeat(40) };
    await test.engine.deliveries.accept({ ...push, after: 'a'.repeat(40), pusher: 'user:ada' }, 'user:ada');
  });
  after(() => test.close());

  it('is left to itself some time after its time-out, and its run ends', async () => {
    const kind = { kind: 'plan', run: () => new Promise(() => undefined), inspect: () => {}, undo: () => {} };
    const lease = await takeStep(test.engine.parts, 'test', { kinds: ['plan'] });
    if (lease === undefined) throw new Error('nothing to take');
    await executeStep(test.engine, kind as unknown as StepKind, { ...lease, timeoutMs: 20 }, 20).ended;
    const { row, steps } = await test.engine.runs.find('shop', 1);
    expect(row.state).to.equal('failed');
    expect(steps[0]?.reason).to.include('it took longer than 0.02 s');
    const log = await test.engine.parts.logs.read(row.id, lease.stepId, 0, 10_000);
    expect(log.toString()).to.include('it is left to itself');
  });
});
