import { sql } from 'kysely';
import type { AppId, RunId, StepId } from '../model/ids';
import type { EngineParts } from '../parts';
import { statement } from '../store/statement';
import { databaseNow, type Reader } from '../store/store';

/** Roles whose steps touch what production's visitors meet: one run per app at a time. */
const ROLLOUT_ROLES = ['gray', 'production'];

/** A step that may be taken now. */
export interface WaitingStep {
  id: StepId;
  run: RunId;
  app: AppId;
  /** Taking it, its run begins to hold gray and production of its app. */
  rollout: boolean;
}

type Row = Omit<WaitingStep, 'rollout'> & { role: string; priority: number };

/** Written out and not bound: with bound values the partial indexes on open steps and rollouts cannot be used. */
const OPEN = [sql.lit('ready' as const), sql.lit('running' as const)];
const HELD = sql.lit(1);

const waitingOf = (kinds: readonly string[]) =>
  statement<{ limit: number }, Row>((db, argument) =>
    db
      .selectFrom('steps')
      .innerJoin('runs', 'runs.id', 'steps.run_id')
      .select(['steps.id', 'steps.run_id as run', 'steps.app_id as app', 'steps.role', 'runs.priority'])
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
      .limit(argument('limit')),
  );

/** One statement for each list of kinds: a runner has two, what it knows and what it always has a place for. */
const byKinds = new Map<string, ReturnType<typeof waitingOf>>();

/** At most `limit` steps that may be taken together: rollbacks first, then the oldest run. */
export async function waitingSteps(db: Reader, kinds: readonly string[], limit: number): Promise<WaitingStep[]> {
  const key = kinds.join();
  const read = byKinds.get(key) ?? waitingOf(kinds);
  byKinds.set(key, read);
  const rows = await read(db, { limit });
  return onePerRollout(
    rows.map(({ role, priority, ...step }) => ({ ...step, rollout: ROLLOUT_ROLES.includes(role) && priority === 0 })),
  );
}

/** Of two runs of an app that both want gray or production, the first: with it the other has to wait. */
function onePerRollout(steps: readonly WaitingStep[]): WaitingStep[] {
  const holders = new Map<AppId, RunId>();
  return steps.filter(({ rollout, app, run }) => {
    if (!rollout) return true;
    const holder = holders.get(app) ?? run;
    holders.set(app, holder);
    return holder === run;
  });
}

/** Whether there is a step to take; without a lock, so that an idle runner never takes the one for writing. */
export async function anyStepWaits(parts: EngineParts, kinds: readonly string[]): Promise<boolean> {
  return (await waitingSteps(parts.store.read, kinds, 1)).length > 0;
}
