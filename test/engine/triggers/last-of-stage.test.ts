import { expect } from 'chai';
import type { StepId } from '../../../engine/model/ids';
import type { StepAtHand } from '../../../engine/runs/run-at-hand';
import { lastOfStage } from '../../../engine/triggers/tell-followers';

const step = (name: string, role: string, change: Partial<StepAtHand> = {}): StepAtHand => ({
  ...{
    id: name as StepId,
    name,
    role,
    kind: name.split('/')[1] ?? name,
    verb: 'run',
    undoes: null,
    needs: [],
    epoch: 1,
  },
  ...{ state: 'succeeded', place: role === 'environment' ? `stage ${name.split('/')[0]}` : 'rollout' },
  ...change,
});
const nameOf = (steps: readonly StepAtHand[], name: string): string | undefined => lastOfStage(steps, name)?.name;

describe('the last step of a stage', () => {
  it('is the one after which nothing there is open', () => {
    const steps = [step('test/deliver', 'environment'), step('test/verify', 'environment', { state: 'running' })];
    expect(nameOf(steps, 'test/deliver')).to.equal(undefined);
    const all = [step('test/deliver', 'environment'), step('test/verify', 'environment')];
    expect(nameOf(all, 'test/verify')).to.equal('test/verify');
  });

  it('is looked for in its own stage only', () => {
    const other = step('qa/deliver', 'environment', { state: 'pending' });
    expect(nameOf([step('test/deliver', 'environment'), other], 'test/deliver')).to.equal('test/deliver');
    const production = step('production/deliver', 'production', { state: 'pending' });
    expect(nameOf([step('gray/deliver', 'gray'), production], 'gray/deliver')).to.equal('gray/deliver');
  });

  it('is the promotion in production, whatever is retired after it', () => {
    const promoted = [step('production/promote', 'production')];
    const steps = [...promoted, step('production/retire', 'production', { state: 'pending' })];
    expect(nameOf(steps, 'production/promote')).to.equal('production/promote');
    expect(nameOf([...promoted, step('production/retire', 'production')], 'production/retire')).to.equal(undefined);
  });

  it('is none of a build, of a way back, or of a change of the share alone', () => {
    expect(nameOf([step('seal', 'build')], 'seal')).to.equal(undefined);
    const undone = step('undo production/promote', 'production', { verb: 'undo', kind: 'promote' });
    expect(nameOf([undone], 'undo production/promote')).to.equal(undefined);
    expect(nameOf([step('gray/share', 'gray', { place: null })], 'gray/share')).to.equal(undefined);
  });
});
