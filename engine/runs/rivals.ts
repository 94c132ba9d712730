import { sql } from 'kysely';
import type { AppId, RunId, StepId } from '../model/ids';
import { VOID_RUN } from '../model/states';
import { statement } from '../store/statement';
import type { Tx } from '../store/store';
import type { RunTrigger, Tables } from '../store/tables';
import type { Applied } from './apply';
import type { Kin } from './kin';

/** The queries behind supersede.ts: who else of a ref is on its way, and who waits where. */

/** Runs that follow a ref. What people asked for by name (a release, a way back) gives way to nothing. */
export const FOLLOWS: readonly RunTrigger[] = ['push', 'restart', 'request'];

type Run = Applied['run'];
type Newer = Pick<Tables['runs'], 'number' | 'commit'>;

/** The place of a step and the rule there. */
export async function turnOfStep(tx: Tx, step: StepId): Promise<Pick<Tables['steps'], 'place' | 'turn'>> {
  const [row] = await turnById(tx, { step });
  if (row === undefined) throw new Error(`step ${step} is gone`);
  return row;
}
const turnById = statement<{ step: StepId }, Pick<Tables['steps'], 'place' | 'turn'>>((db, argument) =>
  db.selectFrom('steps').select(['place', 'turn']).where('id', '=', argument('step')),
);

/** Newer runs of its ref that stand for something, the newest first. */
export const newerRuns = (tx: Tx, run: Run) =>
  tx
    .selectFrom('runs')
    .select(['runs.number', 'runs.commit'])
    .where('runs.app_id', '=', run.app_id)
    .where('runs.ref', '=', run.ref)
    .where('runs.number', '>', run.number)
    .where('runs.trigger', 'in', FOLLOWS)
    .where('runs.state', 'not in', VOID_RUN)
    .where('runs.ends_as', 'is', null)
    .orderBy('runs.number', 'desc');

/** The run whose commit was made from that of another one, although it came earlier. */
export async function newestOf(tx: Tx, { newer }: Kin) {
  if (newer.length === 0) return undefined;
  return tx
    .selectFrom('runs')
    .select(['number', 'commit'])
    .where('id', 'in', newer)
    .where('state', 'not in', VOID_RUN)
    .where('ends_as', 'is', null)
    .orderBy('number', 'desc')
    .executeTakeFirst();
}

const newerAt = statement<{ app: AppId; ref: string; number: number; place: string }, Newer & { id: RunId }>(
  (db, argument) =>
    db
      .selectFrom('runs')
      .innerJoin('steps', 'steps.run_id', 'runs.id')
      .select(['runs.id', 'runs.number', 'runs.commit'])
      .where('runs.app_id', '=', argument('app'))
      .where('runs.ref', '=', argument('ref'))
      .where('runs.number', '>', argument('number'))
      .where('runs.trigger', 'in', FOLLOWS)
      .where('runs.state', 'not in', VOID_RUN)
      .where('runs.ends_as', 'is', null)
      .where('steps.place', '=', argument('place'))
      .where('steps.state', '!=', sql.lit('pending' as const))
      .orderBy('runs.number', 'desc'),
);

/** The run that a run has to give way to where it has come to. */
export async function newestAt(tx: Tx, { run, arrived }: Applied, kin: Kin): Promise<Newer | undefined> {
  for (const step of arrived) {
    const { place, turn } = await turnOfStep(tx, step.id);
    if (turn !== 'newest' || place === null) continue;
    const { app_id: app, ref, number } = run;
    const newer = (await newerAt(tx, { app, ref, number, place })).find(({ id }) => !kin.older.includes(id));
    if (newer !== undefined) return newer;
  }
  return undefined;
}

const standingAt = statement<{ app: AppId; ref: string; number: number; place: string }, Standing>((db, argument) =>
  db
    .selectFrom('runs')
    .leftJoin('steps', (on) =>
      on.onRef('steps.run_id', '=', 'runs.id').on('steps.place', '=', sql.val(argument('place'))),
    )
    .select(['runs.id', 'runs.pipeline_hash as planned', 'steps.state', 'steps.epoch'])
    .where('runs.app_id', '=', argument('app'))
    .where('runs.ref', '=', argument('ref'))
    .where('runs.number', '<', argument('number'))
    .where('runs.ended_at', 'is', null)
    .where('runs.trigger', 'in', FOLLOWS)
    .where('runs.ends_as', 'is', null),
);

/** Older runs that wait at the place where this one has arrived. */
export async function waitingOnes(tx: Tx, { run, arrived }: Applied): Promise<RunId[]> {
  const found: RunId[] = [];
  for (const step of arrived) {
    const { place, turn } = await turnOfStep(tx, step.id);
    if (turn !== 'newest' || place === null) continue;
    const { app_id: app, ref, number } = run;
    const rows = await standingAt(tx, { app, ref, number, place });
    for (const id of new Set(rows.map((row) => row.id))) {
      if (stands(rows.filter((row) => row.id === id))) found.push(id);
    }
  }
  return found;
}

interface Standing {
  id: RunId;
  planned: string | null;
  state: Tables['steps']['state'] | null;
  epoch: number | null;
}

/** Not planned yet; in line at the place; or in it, but waiting for people. */
function stands(steps: readonly Standing[]): boolean {
  if (steps.every(({ planned }) => planned === null)) return true;
  const states = steps.map(({ state }) => state);
  const isInLine = states.includes('ready') && steps.every(({ epoch }) => epoch === 0);
  return isInLine || (states.includes('waiting') && !states.includes('running') && !states.includes('ready'));
}
