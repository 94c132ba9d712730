import { sql } from 'kysely';
import { holdsIn } from '../control/hold';
import { letRest } from '../freezes/rest';
import type { RunId, StepId } from '../model/ids';
import type { EngineParts } from '../parts';
import { type Applied, applyEvents, type StepRow } from '../runs/apply';
import { parametersOf } from '../runs/parameters';
import { enterPlace } from '../runs/places';
import { statement } from '../store/statement';
import { databaseNow, type Tx } from '../store/store';
import { LEASE_MS, type StepLease } from './lease';
import { retryOf } from './retry';
import { type Reach, type WaitingStep, waitingSteps } from './waiting';

/** What a runner can take. */
export interface Wish extends Reach {
  /** Steps at most. */
  limit: number;
}

/**
 * Takes the leases of the steps that should be done next, in one transaction. A step whose lease has run out is taken
 * over with a higher epoch. None when there is nothing to do, or when everything is held.
 * @param wish asked when the transaction begins: until then more places may have become free
 */
export async function takeSteps(parts: EngineParts, owner: string, wish: () => Wish): Promise<StepLease[]> {
  const leases = await parts.store.write(async (tx) => {
    if ((await holdsIn(tx)).length > 0) return [];
    const { limit, ...reach } = wish();
    const taken: StepLease[] = [];
    for (const [run, steps] of byRun(await waitingSteps(tx, reach, limit))) {
      taken.push(...(await takeOfRun(parts, tx, run, steps, owner)));
    }
    return taken;
  }, 'next');
  for (const lease of leases) await parts.probe('step-taken', { step: lease.name, epoch: lease.epoch });
  return leases;
}

function byRun(steps: readonly WaitingStep[]): Iterable<[RunId, WaitingStep[]]> {
  const runs = new Map<RunId, WaitingStep[]>();
  for (const step of steps) runs.set(step.run, [...(runs.get(step.run) ?? []), step]);
  return runs;
}

type Taken = Pick<
  StepRow,
  | 'id'
  | 'epoch'
  | 'attempt'
  | 'name'
  | 'kind'
  | 'stage'
  | 'role'
  | 'verb'
  | 'undoes'
  | 'timeout_ms'
  | 'spec'
  | 'retry'
  | 'retries'
  | 'abort_requested'
>;
const takeLease = statement<{ id: StepId; owner: string }, Taken>((db, argument) =>
  db
    .updateTable('steps')
    .set((e) => ({
      owner: argument('owner'),
      epoch: e('epoch', '+', 1),
      attempt: e('attempt', '+', 1),
      lease_until: sql<number>`${databaseNow} + ${LEASE_MS}`,
    }))
    .where('id', '=', argument('id'))
    .returning([
      'id',
      'epoch',
      'attempt',
      'name',
      'kind',
      'stage',
      'role',
      'verb',
      'undoes',
      'timeout_ms',
      'spec',
      'retry',
      'retries',
      'abort_requested',
    ]),
);
const doubtEffects = statement<{ id: StepId }, unknown>((db, argument) =>
  db
    .updateTable('effects')
    .set({ state: 'unknown' })
    .where('step_id', '=', argument('id'))
    .where('state', '=', 'intended'),
);
const holdRollout = statement<{ run: RunId }, unknown>((db, argument) =>
  db.updateTable('runs').set({ holds_rollout: 1 }).where('id', '=', argument('run')),
);

/** Steps of one run. */
async function takeOfRun(
  parts: EngineParts,
  tx: Tx,
  run: RunId,
  steps: readonly WaitingStep[],
  owner: string,
): Promise<StepLease[]> {
  const rows: Taken[] = [];
  const entered = new Set<string>();
  for (const { id, app, role, place } of steps) {
    if (role !== 'build' && (await letRest(tx, id))) continue;
    if (place !== null && !entered.has(place)) {
      // Only one run has a place, whatever was read of it before.
      if (!(await enterPlace(tx, { app, place, run, now: parts.clock.now() }))) continue;
      entered.add(place);
    }
    const [row] = await takeLease(tx, { id, owner });
    if (row === undefined) throw new Error(`step ${id} is gone`);
    // What an earlier epoch intended and never confirmed can only be known by looking.
    if (row.epoch > 1) await doubtEffects(tx, { id });
    rows.push(row);
  }
  if (rows.length === 0) return [];
  const moves = rows.map((row) => ({ event: { type: 'taken' as const, step: row.name }, extras: {} }));
  const applied = await applyEvents(parts, tx, run, moves, `runner:${owner}`);
  if (steps.some((step) => step.rollout)) await holdRollout(tx, { run });
  return rows.map((row) => leaseOf(row, applied, owner));
}

function leaseOf(step: Taken, { run, app }: Applied, owner: string): StepLease {
  return {
    stepId: step.id,
    epoch: step.epoch,
    owner,
    attempt: step.attempt,
    retries: step.retries,
    retry: retryOf(step.retry),
    isEnded: step.abort_requested === 1,
    name: step.name,
    kind: step.kind,
    stage: step.stage,
    role: step.role,
    verb: step.verb,
    undoes: step.undoes,
    timeoutMs: step.timeout_ms,
    spec: step.spec,
    run: {
      id: run.id,
      number: run.number,
      trigger: run.trigger,
      commit: run.commit,
      ref: run.ref,
      title: run.title,
      releaseId: run.release_id,
      startedBy: run.started_by,
      undoesRun: run.undoes_run,
      parameters: parametersOf(run),
    },
    app: { id: run.app_id, name: app },
  };
}
