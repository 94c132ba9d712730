import { sql } from 'kysely';
import { isOpen, nextOpening, parseChangeWindows } from '../../pipelines/change-window';
import type { AppId, ReleaseId, RunId, StepId } from '../model/ids';
import type { GrayRule } from '../ports/gateway';
import { currentRules, type FormerRules, isSameRule } from '../rollout/rules';
import type { Traffic } from '../rollout/traffic';
import { nowOf } from '../store/now';
import { statement } from '../store/statement';
import { databaseNow, type Reader, type Tx } from '../store/store';
import { freezeOf } from './freezes';

/** Why a step does not begin now although it could. */
export interface Rest {
  /** When it may, ms UTC; null: nobody can say. A freeze can end earlier. */
  until: number | null;
  /** `a freeze: quarterly close`, `the change window Mon-Fri 09:00-17:00 Europe/Berlin`. */
  words: string;
}

interface Change {
  run_id: RunId;
  app_id: AppId;
  role: string;
  kind: string;
  stage: string;
  position: number;
  spec: string;
  release_id: ReleaseId | null;
}

/** Kinds that change what people meet. */
const CHANGING = ['deliver', 'share', 'promote'];

const changeOf = statement<{ step: StepId }, Change>((db, argument) =>
  db
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .select(['steps.run_id', 'steps.app_id', 'steps.role', 'steps.kind'])
    .select(['steps.stage', 'steps.position', 'steps.spec', 'runs.release_id'])
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
  const rest = (await freezeRest(db, change)) ?? (await windowRest(db, change));
  return rest === undefined || (await brokenOf(db, change.run_id)) ? undefined : rest;
}

/** Most steps meet no freeze, so that is asked first. */
async function freezeRest(db: Reader, change: Change): Promise<Rest | undefined> {
  const freeze = await freezeOf(db, change.app_id);
  if (freeze === undefined || !(await isHeldByFreeze(db, change))) return undefined;
  return { until: freeze.until, words: freezeWords(freeze) };
}

const freezeWords = ({ reason }: { reason: string }): string => `a freeze: ${reason}`;

/**
 * What holds the steps behind a gate that still waits for people: a freeze, unless they break the glass there.
 */
export async function restBehind(db: Reader, gate: { app_id: AppId; role: string }): Promise<Rest | undefined> {
  if (gate.role === 'environment') return undefined;
  const freeze = await freezeOf(db, gate.app_id);
  return freeze && { until: freeze.until, words: freezeWords(freeze) };
}

/**
 * Who lets fewer visitors into gray goes back. What is delivered before its own gate meets nobody yet: it does not rest,
 * so that people are asked, and can break the glass.
 */
async function isHeldByFreeze(db: Reader, change: Change): Promise<boolean> {
  if (change.role === 'environment') return false;
  if (change.kind === 'share') return !(await onlyLowers(db, change));
  return change.kind !== 'deliver' || !(await hasGateAhead(db, change));
}

/** As gray stands now: somebody may have lowered it further since this was asked for. */
async function onlyLowers(db: Reader, { app_id, release_id, spec }: Change): Promise<boolean> {
  const { share, rules } = JSON.parse(spec) as { share: number; rules?: readonly GrayRule[] | FormerRules };
  const production = await db
    .selectFrom('environments')
    .select('traffic')
    .where('app_id', '=', app_id)
    .where('role', '=', 'production')
    .executeTakeFirst();
  if (production === undefined || rules === undefined || (await isMoving(db, app_id))) return false;
  const traffic = JSON.parse(production.traffic) as Traffic;
  const isGray = traffic.gray !== null && traffic.lanes[traffic.gray] === release_id;
  const isKnown = (rule: GrayRule): boolean => currentRules(traffic.rules).some((one) => isSameRule(one, rule));
  return isGray && share <= traffic.share && currentRules(rules).every(isKnown);
}

/** Whether a share of the app is being set at this moment: only behind it is known what lowers gray. */
async function isMoving(db: Reader, app: AppId): Promise<boolean> {
  const share = await db
    .selectFrom('steps')
    .select('id')
    .where('app_id', '=', app)
    .where('kind', '=', 'share')
    .where('state', '=', 'running')
    .limit(1)
    .executeTakeFirst();
  return share !== undefined;
}

async function hasGateAhead(db: Reader, { run_id, stage, position }: Change): Promise<boolean> {
  const gate = await db
    .selectFrom('steps')
    .select('id')
    .where('run_id', '=', run_id)
    .where('stage', '=', stage)
    .where('kind', '=', 'approve')
    .where('position', '>', position)
    .limit(1)
    .executeTakeFirst();
  return gate !== undefined;
}

/** Gates that were opened; the steps behind them may have begun. */
const OPENED = ['granted', 'consumed'] as const;

/** Behind a gate that was opened in an emergency nothing rests. */
async function brokenOf(db: Reader, run: RunId): Promise<boolean> {
  const row = await db
    .selectFrom('approvals')
    .innerJoin('approval_votes', 'approval_votes.approval_id', 'approvals.id')
    .select('approvals.id')
    .where('approvals.run_id', '=', run)
    .where('approvals.state', 'in', OPENED)
    .where('approval_votes.broke_glass', '=', 1)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The window of a stage's gate is for all that comes behind it there, also once the first step has used the yes. */
async function windowRest(db: Reader, { run_id, stage }: Change): Promise<Rest | undefined> {
  const rows = await windowsOf(db, { run: run_id, stage });
  if (rows.length === 0) return undefined;
  const now = await nowOf(db);
  for (const { change_window: text } of rows) {
    const windows = parseChangeWindows(text ?? '');
    if (windows === null) return { until: null, words: `the change window ${text} cannot be read` };
    if (!isOpen(windows, now)) return { until: nextOpening(windows, now), words: `the change window ${text}` };
  }
  return undefined;
}

const windowsOf = statement<{ run: RunId; stage: string }, { change_window: string | null }>((db, argument) =>
  db
    .selectFrom('approvals')
    .innerJoin('steps', 'steps.id', 'approvals.step_id')
    .select('approvals.change_window')
    .where('approvals.run_id', '=', argument('run'))
    .where('steps.stage', '=', argument('stage'))
    .where('approvals.state', 'in', OPENED)
    .where('approvals.change_window', 'is not', null),
);

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
