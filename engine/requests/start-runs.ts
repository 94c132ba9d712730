import { type AppFound, appsOfRepository } from '../apps/find';
import { NO_COMMIT } from '../deliveries/accept';
import type { Actor, EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { createRun } from '../runs/create';
import { PLAN_FIRST } from '../runs/plan-first';
import { demandRoom } from '../runs/room';
import type { RunRow } from '../runs/run-at-hand';
import type { Tx } from '../store/store';

export interface RequestRuns {
  owner: AppFound;
  ref: string;
  head: string;
  /** Its head before this one; empty when it is the first. */
  movedFrom: string;
  by: { actor: Actor; startedBy: string };
}

/**
 * A run of a request's head for each app of the repository, which ends early where the pipeline does not want it. Ring
 * the hints after the commit.
 * @returns the run of the app whose remote it is
 * @throws GantryError `too-many-runs`.
 */
export async function startRequestRuns(
  parts: EngineParts,
  tx: Tx,
  { owner, ref, head, movedFrom, by }: RequestRuns,
): Promise<{ run: RunRow; hints: Hint[] }> {
  const runs: RunRow[] = [];
  const hints: Hint[] = [];
  for (const app of await appsOfRepository(tx, owner.id)) {
    await demandRoom(parts, tx, app);
    const made = await createRun(parts, tx, app, {
      trigger: 'request',
      ref,
      commit: head,
      title: '',
      author: '',
      startedBy: by.startedBy,
      by: by.actor,
      movedFrom: movedFrom || NO_COMMIT,
      steps: PLAN_FIRST,
    });
    runs.push(made.row);
    hints.push(...made.hints);
  }
  const [run] = runs;
  if (run === undefined) throw new Error(`app ${owner.id} is gone`);
  return { run, hints };
}
