import { sql } from 'kysely';
import { isOpen, nextOpening, parseChangeWindows } from '../../pipelines/change-window';
import { nowOf } from '../approvals/gate';
import type { AppId, RunId, StepId } from '../model/ids';
import { statement } from '../store/statement';
import { databaseNow, type Reader, type Tx } from '../store/store';
import { freezeOf } from './freezes';

/** Why a step does not begin now although it could. */
export interface Rest {
  /** When it may, ms UTC. A freeze can end earlier. */
  until: number;
  /** `a freeze: quarterly close`, `the change window Mon-Fri 09:00-17:00 Europe/Berlin`. */
  words: string;
}

interface Change {
  run_id: RunId;
  app_id: AppId;
  role: string;
  kind: string;
}

/** Kinds that change what people meet. */
const CHANGING = ['deliver', 'share', 'promote'];

const changeOf = statement<{ step: StepId }, Change>((db, argument) =>
  db
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .select(['steps.run_id', 'steps.app_id', 'steps.role', 'steps.kind'])
    .where('steps.id', '=', argument('step'))
    .where('steps.verb', '=', sql.lit('run' as const))
    .where('steps.state', '=', sql.lit('ready' as const))
    .where('runs.ends_as', 'is', null)
    .where('runs.trigger', 'not in', [sql.lit('rollback' as const), sql.lit('undo' as const)]),
);

/**
 * What holds a step that is ready: a freeze of its app, or a change window of the gate that it comes behind. Only what
 * changes gray or production rests, and behind a gate any delivery; a way back never does.
 */
export async function restOf(db: Reader, step: StepId): Promise<Rest | undefined> {
  const [change] = await changeOf(db, { step });
  if (change === undefined || !CHANGING.includes(change.kind)) return undefined;
  const now = await nowOf(db);
  const glass = await brokenOf(db, change.run_id);
  if (glass) return undefined;
  const freeze = change.role === 'environment' ? undefined : await freezeOf(db, change.app_id, now);
  if (freeze !== undefined) return { until: freeze.until, words: `a freeze: ${freeze.reason}` };
  return windowRest(db, change.run_id, now);
}

/** Behind a gate that was opened in an emergency nothing rests. */
async function brokenOf(db: Reader, run: RunId): Promise<boolean> {
  const row = await db
    .selectFrom('approvals')
    .innerJoin('approval_votes', 'approval_votes.approval_id', 'approvals.id')
    .select('approvals.id')
    .where('approvals.run_id', '=', run)
    .where('approvals.state', '=', 'granted')
    .where('approval_votes.broke_glass', '=', 1)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function windowRest(db: Reader, run: RunId, now: number): Promise<Rest | undefined> {
  const rows = await db
    .selectFrom('approvals')
    .select('change_window')
    .where('run_id', '=', run)
    .where('state', '=', 'granted')
    .where('change_window', 'is not', null)
    .execute();
  for (const { change_window: text } of rows) {
    const windows = parseChangeWindows(text ?? '');
    if (windows === null || isOpen(windows, now)) continue;
    const until = nextOpening(windows, now);
    if (until !== null) return { until, words: `the change window ${text}` };
  }
  return undefined;
}

/** Whoever could take it looks again after this at the latest: a freeze may have ended early, ms. */
const LOOK_AGAIN_MS = 5_000;

/** A step that rests is passed over for a while. @returns whether it rests */
export async function letRest(tx: Tx, step: StepId): Promise<boolean> {
  const rest = await restOf(tx, step);
  if (rest === undefined) return false;
  await tx
    .updateTable('steps')
    .set({ not_before: sql<number>`${databaseNow} + ${LOOK_AGAIN_MS}` })
    .where('id', '=', step)
    .execute();
  return true;
}
