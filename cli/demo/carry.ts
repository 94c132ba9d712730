import { type Approval, isFinal, isFinalStep, type Run } from '../api/types';
import type { House } from './house';

/** The gate that waits for people now. */
export const openGate = (run: Run): Approval | undefined => run.approvals.find((gate) => gate.state === 'requested');

/** What goes on in a run, in a few words. */
export function doingOf(run: Run): string {
  const step = run.steps.find(({ state }) => state === 'running' || state === 'waiting');
  return step?.name ?? (run.waitsFor || run.state);
}

export interface Journey {
  /** Called before the owner says yes at a gate; what it looks at is what they approve. */
  atGate?: (step: string, run: Run) => Promise<void>;
  /** Called once, beside the run, as soon as gray has its share and is watched. */
  whileWatched?: (run: Run) => Promise<void>;
  /** Each time the run was looked at. */
  onLook?: (run: Run) => void;
}

/** Goes with a run to its end: the owner looks at each gate and says yes. @returns the run, whatever its end */
export async function carry(house: House, app: string, number: number, journey: Journey = {}): Promise<Run> {
  let watching: Promise<void> | undefined;
  const onLook = (run: Run): void => {
    journey.onLook?.(run);
    if (watching !== undefined || journey.whileWatched === undefined || !isWatched(run)) return;
    watching = journey.whileWatched(run);
    // It is awaited at the next gate or at the end; until then its error waits, too.
    watching.catch(() => undefined);
  };
  for (;;) {
    const run = await house.untilRun(app, number, (now) => isFinal(now) || openGate(now) !== undefined, onLook);
    await watching;
    const gate = openGate(run);
    if (gate === undefined) return run;
    await journey.atGate?.(gate.step, run);
    await house.must('approve', app, String(number), '--step', gate.step, '--reason', 'seen, and good');
    // The answer is in the record; the run is looked at again when it has moved on.
    await house.untilRun(app, number, (now) => isFinal(now) || openGate(now)?.step !== gate.step);
  }
}

const isWatched = (run: Run): boolean =>
  run.steps.some(({ kind, verb, state }) => kind === 'observe' && verb === 'run' && state === 'running');

/** `test/deliver 1.4 s, test/verify 0.0 s`: the steps that ended well, with their times. */
export function stepTimes(run: Run, names: (step: string) => boolean): string {
  return run.steps
    .filter((step) => isFinalStep(step) && step.startedAt !== null && step.endedAt !== null && names(step.name))
    .map((step) => `${step.name} ${(((step.endedAt ?? 0) - (step.startedAt ?? 0)) / 1000).toFixed(1)} s`)
    .join(', ');
}
