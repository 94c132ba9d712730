import { expect } from 'chai';
import { type StepSeen, stageStatuses } from '../../../engine/forges/stage-status';
import type { RunState, StepState } from '../../../engine/model/states';

const step = (name: string, state: StepState, reason = ''): StepSeen => ({
  name,
  stage: name.split('/')[0] ?? '',
  state,
  reason,
});
const of = (state: RunState, steps: StepSeen[], reason = '') =>
  stageStatuses({ state, reason }, steps).map((status) => `${status.stage} ${status.state}: ${status.sentence}`);

describe('the status of a stage', () => {
  const cases: [string, RunState, StepSeen[], string, string?][] = [
    ['waits before it has begun', 'queued', [step('test/deliver', 'ready')], 'test pending: waits'],
    [
      'runs from its first step to its last',
      'running',
      [step('test/deliver', 'succeeded'), step('test/verify', 'pending')],
      'test running: is being carried out',
    ],
    ['has succeeded with all of its steps', 'running', [step('test/deliver', 'succeeded')], 'test success: succeeded'],
    [
      'says what people are waited for',
      'waiting',
      [step('gray/deliver', 'succeeded'), step('gray/approve', 'waiting', 'waits for qa')],
      'gray pending: waits for qa',
    ],
    [
      'names the step that failed, and why',
      'failed',
      [step('test/deliver', 'undone'), step('test/verify', 'failed', 'status 500')],
      'test failure: test/verify failed: status 500',
    ],
    [
      'is a failure when it was taken back',
      'succeeded',
      [step('production/promote', 'undone')],
      'production failure: it was taken back',
    ],
    [
      'is cancelled when its run ended early',
      'superseded',
      [step('gray/deliver', 'cancelled')],
      'gray cancelled: not finished: a newer push',
      'a newer push',
    ],
    [
      'is good when nothing was to be done',
      'ignored',
      [step('build/plan', 'succeeded')],
      'build success: nothing to do: docs',
      'docs',
    ],
  ];
  for (const [what, state, steps, expected, reason] of cases) {
    it(what, () => expect(of(state, steps, reason)).to.eql([expected]));
  }

  it('is one for each stage, in the order of the plan', () => {
    const steps = [step('build/plan', 'succeeded'), step('test/deliver', 'running'), step('gray/deliver', 'pending')];
    expect(of('running', steps)).to.eql([
      'build success: succeeded',
      'test running: is being carried out',
      'gray pending: waits',
    ]);
  });

  it('is one short line whatever a step says', () => {
    const [line = ''] = of('failed', [step('test/verify', 'failed', `a\nb\u2028${'c'.repeat(500)}`)]);
    expect(line.replace('test failure: ', ''))
      .to.match(/^test\/verify failed: a b c+…$/)
      .and.have.length(140);
  });
});
