import { isFinalRun } from '../../engine/model/states';
import type { RunShown, StepShown } from '../../engine/runs/show';
import { placeBars } from './timeline';

/** The steps of a run as the rows of its timeline. */
export function stepRows(run: RunShown, chosen: StepShown | undefined, address: string, now: number) {
  const final = isFinalRun(run.state);
  const bars = placeBars(run.steps, now, !final);
  return run.steps.map((step, index) => ({
    ...step,
    index,
    bar: bars[index] ?? null,
    chosen: step === chosen,
    address: `${address}?step=${encodeURIComponent(step.name)}`,
    undo: final && mayUndo(run, step) ? `${address}/undo` : '',
  }));
}

/** Kinds that leave nothing behind: no question is offered that has no answer. */
const LEAVES_NOTHING = ['plan', 'command', 'build-artifact', 'take-artifact', 'verify', 'approve', 'observe'];

/** Whether it is worth a look what the undo of this step would do; the preview itself says yes or no. */
function mayUndo(run: RunShown, step: StepShown): boolean {
  const own = step.verb === 'run' ? run.trigger !== 'undo' : run.trigger === 'rollback';
  return own && step.state === 'succeeded' && step.undoneBy === null && !LEAVES_NOTHING.includes(step.kind);
}

/** The step whose log is shown: the one that was asked for; else what runs, what failed, what ended last. */
export function chosenStep(run: RunShown, name: string | undefined): StepShown | undefined {
  return (
    run.steps.find((s) => s.name === name) ??
    run.steps.find((s) => s.state === 'running') ??
    run.steps.find((s) => s.state === 'failed') ??
    run.steps.findLast((s) => s.startedAt !== null && s.kind !== 'approve') ??
    run.steps[0]
  );
}
