import type { RunId, StepId } from '../model/ids';
import { isVoidRun } from '../model/states';
import type { RunEvent } from '../model/transition';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { type Applied, applyEvent } from './apply';
import type { Kin } from './kin';
import { FOLLOWS, newerRuns, newestAt, newestOf, turnOfStep, waitingOnes } from './rivals';

/**
 * Order among the runs that pushes of one ref started (docs/order.md). A run that waits at a place where the newest
 * wins, for its turn or for people, ends as `superseded` when a newer one comes there. What is at work is never stopped
 * by it, but for a commit that turns out to be older than one that came before.
 */

const NO_KIN: Kin = { newer: [], older: [] };
const RULE = 'rule:newest-wins';

type Run = Applied['run'];

/** What has happened to a run, and to which of its steps. */
export interface Happened {
  event: RunEvent;
  /** The step that a runner carried out. */
  step?: { stepId: StepId; kind: string; verb: 'run' | 'undo' };
  kin?: Kin | undefined;
}

/**
 * What follows for the order, in the transaction of what happened to the run.
 * @returns the run as it is then, and everything that is to be rung
 */
export async function inOrder(parts: EngineParts, tx: Tx, moved: Applied, happened: Happened): Promise<Applied> {
  if (!FOLLOWS.includes(moved.run.trigger) || isVoidRun(moved.run)) return moved;
  const { event, step, kin = NO_KIN } = happened;
  if (event.type === 'waits' && step !== undefined) return giveWay(parts, tx, moved, step.stepId);
  if (moved.arrived.length === 0 && kin === NO_KIN) return isPromoted(happened) ? endOutdated(parts, tx, moved) : moved;
  const descendant = await newestOf(tx, kin);
  // Only of those two it is known which commit is the newer one.
  if (descendant !== undefined) await correctHead(tx, moved.run, moved.run.commit, descendant.commit);
  const newest = descendant ?? (await newestAt(tx, moved, kin));
  if (newest !== undefined) return supersede(parts, tx, moved.run.id, newest);
  return replace(parts, tx, moved, [...(await lateOnes(tx, moved.run, kin.older)), ...(await waitingOnes(tx, moved))]);
}

const isPromoted = ({ event, step }: Happened): boolean =>
  event.type === 'succeeded' && step?.kind === 'promote' && step.verb === 'run';

/** A run that has begun to wait for people gives way to a newer one that waits for its place. */
async function giveWay(parts: EngineParts, tx: Tx, moved: Applied, step: StepId): Promise<Applied> {
  const { run } = moved;
  const { place, turn } = await turnOfStep(tx, step);
  if (turn !== 'newest' || place === null) return moved;
  const newer = await newerRuns(tx, run)
    .where('runs.ended_at', 'is', null)
    .innerJoin('steps', 'steps.run_id', 'runs.id')
    .where('steps.place', '=', place)
    .where('steps.state', '=', 'ready')
    .where('steps.epoch', '=', 0)
    .executeTakeFirst();
  return newer === undefined ? moved : supersede(parts, tx, run.id, newer);
}

/** Production has a run's release: whatever is older in its ref and still on its way would go back behind it. */
async function endOutdated(parts: EngineParts, tx: Tx, moved: Applied): Promise<Applied> {
  const { run } = moved;
  const older = await tx
    .selectFrom('runs')
    .select('id')
    .where('app_id', '=', run.app_id)
    .where('ref', '=', run.ref)
    .where('number', '<', run.number)
    .where('ended_at', 'is', null)
    .where('trigger', 'in', FOLLOWS)
    .where('state', '!=', 'undoing')
    .where('holds_rollout', '=', 0)
    .execute();
  return replace(
    parts,
    tx,
    moved,
    older.map(({ id }) => id),
  );
}

async function replace(parts: EngineParts, tx: Tx, moved: Applied, older: readonly RunId[]): Promise<Applied> {
  const hints = [...moved.hints];
  for (const id of new Set(older)) hints.push(...(await supersede(parts, tx, id, moved.run)).hints);
  return { ...moved, hints };
}

async function supersede(parts: EngineParts, tx: Tx, run: RunId, by: Pick<Tables['runs'], 'number'>): Promise<Applied> {
  await tx.updateTable('runs').set({ superseded_by: by.number }).where('id', '=', run).execute();
  const reason = `superseded by #${by.number}`;
  return applyEvent(parts, tx, run, { type: 'end-early', as: 'superseded', reason }, RULE);
}

/** Only the newer commit is what was delivered of the ref; whoever compares refs must not take the older one for it. */
async function correctHead(tx: Tx, run: Run, older: string, newest: string): Promise<void> {
  await tx
    .updateTable('ref_heads')
    .set({ commit: newest })
    .where('app_id', '=', run.app_id)
    .where('ref', '=', run.ref)
    .where('commit', '=', older)
    .execute();
}

/** Those that came later with an older commit, wherever they are; but what visitors may meet is not torn away. */
async function lateOnes(tx: Tx, run: Run, ids: readonly RunId[]): Promise<RunId[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .selectFrom('runs')
    .select(['id', 'commit'])
    .where('id', 'in', ids)
    .where('ended_at', 'is', null)
    .where('ends_as', 'is', null)
    .where('holds_rollout', '=', 0)
    .execute();
  for (const { commit } of rows) await correctHead(tx, run, commit, run.commit);
  return rows.map(({ id }) => id);
}
