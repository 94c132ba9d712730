import { sql } from 'kysely';
import type { StepId } from '../model/ids';
import type { EngineParts } from '../parts';
import { applyEvent } from '../runs/apply';
import { databaseNow, type Reader, type Tx } from '../store/store';
import { LEASE_MS, type StepLease } from './lease';

/** Roles whose steps touch what production's visitors meet: one run per app at a time. */
const ROLLOUT_ROLES = ['gray', 'production'];

/**
 * Takes the lease of the step that should be done next: rollbacks first, then the oldest run. A step whose lease has
 * run out is taken over with a higher epoch. Undefined when there is nothing to do.
 */
export async function takeStep(
  parts: EngineParts,
  owner: string,
  reaches: { kinds: readonly string[] },
): Promise<StepLease | undefined> {
  // Looking first without a transaction keeps an idle runner from ever taking the write lock.
  const first = await candidate(parts.store.read, reaches.kinds);
  if (first === undefined) return undefined;
  const lease = await parts.store.write(async (tx) => {
    const id = await candidate(tx, reaches.kinds);
    return id === undefined ? undefined : take(parts, tx, id, owner);
  });
  if (lease !== undefined) await parts.probe('step-taken', { step: lease.name, epoch: lease.epoch });
  return lease;
}

/** Written out and not bound: with bound values the partial indexes on open steps and rollouts cannot be used. */
const OPEN = [sql.lit('ready' as const), sql.lit('running' as const)];
const HELD = sql.lit(1);

async function candidate(db: Reader | Tx, kinds: readonly string[]): Promise<StepId | undefined> {
  const row = await db
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .select('steps.id')
    .where('steps.state', 'in', OPEN)
    .where((e) =>
      e.or([
        e.and([e('steps.state', '=', 'ready'), e('steps.not_before', '<=', databaseNow)]),
        e.and([e('steps.state', '=', 'running'), e('steps.lease_until', '<', databaseNow)]),
      ]),
    )
    .where('steps.kind', 'in', kinds)
    .where((e) =>
      e.or([
        e('steps.role', 'not in', ROLLOUT_ROLES),
        // A rollback never waits for the run that it takes back.
        e('runs.priority', '>', 0),
        e.not(
          e.exists(
            e
              .selectFrom('runs as other')
              .select('other.id')
              .whereRef('other.app_id', '=', 'runs.app_id')
              .whereRef('other.id', '!=', 'runs.id')
              .where('other.holds_rollout', '=', HELD),
          ),
        ),
      ]),
    )
    .orderBy('runs.priority', 'desc')
    .orderBy('runs.created_at')
    .orderBy('steps.position')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

async function take(parts: EngineParts, tx: Tx, id: StepId, owner: string): Promise<StepLease> {
  const step = await tx
    .updateTable('steps')
    .set((e) => ({
      owner,
      epoch: e('epoch', '+', 1),
      attempt: e('attempt', '+', 1),
      lease_until: sql<number>`${databaseNow} + ${LEASE_MS}`,
    }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  // What an earlier epoch intended and never confirmed can only be known by looking.
  await tx
    .updateTable('effects')
    .set({ state: 'unknown' })
    .where('step_id', '=', id)
    .where('state', '=', 'intended')
    .execute();
  const { run } = await applyEvent(parts, tx, step.run_id, { type: 'taken', step: step.name }, `runner:${owner}`);
  if (ROLLOUT_ROLES.includes(step.role) && run.priority === 0) {
    await tx.updateTable('runs').set({ holds_rollout: 1 }).where('id', '=', run.id).execute();
  }
  const app = await tx
    .selectFrom('apps')
    .select(['id', 'name'])
    .where('id', '=', step.app_id)
    .executeTakeFirstOrThrow();
  return {
    stepId: step.id,
    epoch: step.epoch,
    owner,
    attempt: step.attempt,
    name: step.name,
    kind: step.kind,
    stage: step.stage,
    role: step.role,
    verb: step.verb,
    undoes: step.undoes,
    timeoutMs: step.timeout_ms,
    run: {
      id: run.id,
      number: run.number,
      trigger: run.trigger,
      commit: run.commit,
      ref: run.ref,
      title: run.title,
      releaseId: run.release_id,
      startedBy: run.started_by,
    },
    app,
  };
}
