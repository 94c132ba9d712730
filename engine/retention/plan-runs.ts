import { isFinalRun } from '../model/states';
import type { Guard, RunFacts } from './guard';
import type { RetentionPolicy } from './policy';

/** Old runs of one app, and what decides about them. */
export interface RunsAtHand {
  batch: readonly RunFacts[];
  /** Other runs: those that carry a release which one of the batch made, and those that one of the batch took back. */
  others: readonly Pick<RunFacts, 'id' | 'releaseId'>[];
  guard: Guard;
  /** Runs with this number and above are among the newest of the app that always stay. */
  floor: number;
}

export type RunVerdict = { run: RunFacts } & ({ goes: true } | { goes: false; why: string });

/** Which runs of the batch go, and why the others stay. Pure. */
export function planRuns(
  { batch, others, guard, floor }: RunsAtHand,
  policy: Pick<RetentionPolicy, 'runs' | 'runsMin'>,
  now: number,
): RunVerdict[] {
  const stays = new Map<string, string>();
  for (const run of batch) {
    const why = ownReason(run, guard, floor, policy, now);
    if (why !== undefined) stays.set(run.id, why);
  }
  // One that stays may need another one of the batch, and that a third.
  for (let before = -1; before !== stays.size; ) {
    before = stays.size;
    const left = [...others, ...batch.filter(({ id }) => stays.has(id))];
    for (const run of batch) {
      if (stays.has(run.id)) continue;
      const why = neededBy(run, left);
      if (why !== undefined) stays.set(run.id, why);
    }
  }
  return batch.map((run) => {
    const why = stays.get(run.id);
    return why === undefined ? { run, goes: true } : { run, goes: false, why };
  });
}

function ownReason(
  run: RunFacts,
  guard: Guard,
  floor: number,
  policy: Pick<RetentionPolicy, 'runs' | 'runsMin'>,
  now: number,
): string | undefined {
  const guarded = guard.runs.get(run.id);
  if (guarded !== undefined) return guarded;
  if (!isFinalRun(run.state)) return 'it has not ended';
  if ((run.endedAt ?? now) > now - policy.runs) return 'it is young';
  if (run.number >= floor) return `it is one of the last ${policy.runsMin} of its app`;
  return undefined;
}

function neededBy(run: RunFacts, left: readonly Pick<RunFacts, 'id' | 'releaseId'>[]): string | undefined {
  const carried = (other: Pick<RunFacts, 'id' | 'releaseId'>) => other.id !== run.id && other.releaseId === run.makes;
  if (run.makes !== null && left.some(carried)) return 'a run that stays carries its release';
  // What was taken back must not look as if it stood, and could be taken back once more.
  if (left.some(({ id }) => id === run.undoesRun)) return 'the run that it took back stays';
  return undefined;
}
