import type { PlanSource } from '../../pipelines/types';
import { GantryError } from '../model/errors';
import { isFinalRun, VOID_RUN } from '../model/states';
import type { Reader } from '../store/store';
import type { RunTrigger } from '../store/tables';
import type { RunFound } from './find';
import type { RestartPlan } from './plan-restart';
import { FOLLOWS } from './rivals';

/** Which runs may be walked once more: restart.ts asks each of these, in its transaction. */

/** Runs that have a plan which can be walked once more. */
const WALKS: readonly RunTrigger[] = ['push', 'release', 'restart', 'start', 'schedule', 'released', 'request'];
const ENDED_BADLY = ['failed', 'cancelled'];

/** Whether a restart is worth offering; that it is outdated is said when it is asked for. */
export const mayRestart = ({ trigger, state }: Pick<RunFound['row'], 'trigger' | 'state'>): boolean =>
  WALKS.includes(trigger) && ENDED_BADLY.includes(state);

/** `shop#7` */
export const nameOf = ({ app, row }: RunFound): string => `${app.name}#${row.number}`;

/** @throws GantryError `restart-kind`, `restart-open`, `restart-done`. */
export function demandEnded(found: RunFound): void {
  const { trigger, state } = found.row;
  const run = nameOf(found);
  if (!WALKS.includes(trigger)) {
    const what = `${run} is no walk of a commit through its plan (${trigger})`;
    throw new GantryError('conflict', 'restart-kind', what, 'ask for the same again');
  }
  if (!isFinalRun(state)) {
    throw new GantryError('conflict', 'restart-open', `${run} is ${state}`, 'wait for its end, or cancel it first');
  }
  // A person may want what its message or its paths held back.
  if (ENDED_BADLY.includes(state) || state === 'ignored') return;
  throw new GantryError('conflict', 'restart-done', `${run} is ${state}: there is nothing to do once more`);
}

/**
 * Whoever is newer in its branch has this commit in it, but a given release is in no branch, and what people or rules
 * started was wanted by itself: only its own restart stands for it. Whoever has been promoted since must not be gone back behind.
 * @throws GantryError `restart-outdated`.
 */
export async function demandNewest(db: Reader, found: RunFound): Promise<void> {
  const { id, number, ref, trigger } = found.row;
  const newer = await db
    .selectFrom('runs')
    .select(['number', 'state'])
    .where('app_id', '=', found.app.id)
    .where('number', '>', number)
    .where('id', '!=', id)
    .where('trigger', 'in', WALKS)
    .where((e) =>
      e.or([
        e.and([
          ...(FOLLOWS.includes(trigger)
            ? [e('ref', '=', ref), e('trigger', 'in', FOLLOWS)]
            : [e('restarts_run', '=', id)]),
          e('state', 'not in', VOID_RUN),
          e('ends_as', 'is', null),
        ]),
        e.exists(
          e
            .selectFrom('steps')
            .select('steps.id')
            .whereRef('steps.run_id', '=', 'runs.id')
            .where('steps.kind', '=', 'promote')
            .where('steps.verb', '=', 'run')
            .where('steps.state', '=', 'succeeded'),
        ),
      ]),
    )
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newer === undefined) return;
  throw new GantryError(
    'conflict',
    'restart-outdated',
    `${nameOf(found)} is outdated: run ${newer.number} came after it and is ${newer.state}`,
    `see gantry run show ${found.app.name} ${newer.number}`,
  );
}

/** What a registry asked for is used once and forgotten. @throws GantryError `restart-credentials`. */
export function demandCredentials(found: RunFound, { anew }: RestartPlan): void {
  const { withCredentials } = JSON.parse(found.steps[0]?.spec ?? '{}') as PlanSource;
  if (withCredentials !== true || !['plan', 'take-image'].some((name) => anew.includes(name))) return;
  const message = `what the registry asks for was not kept, and ${nameOf(found)} would pull once more`;
  const next = `create the release again: gantry release create ${found.app.name} --image ${found.row.title} --credentials FILE`;
  throw new GantryError('conflict', 'restart-credentials', message, next);
}

/** What was built must still be known by its digest. @throws GantryError `restart-bytes`. */
export async function demandBytes(db: Reader, found: RunFound, { taken }: RestartPlan): Promise<void> {
  for (const step of found.steps.filter(({ name }) => taken.includes(name))) {
    const output = JSON.parse(step.output ?? 'null') as { imageId?: string; digest?: string } | null;
    const digest = output?.imageId ?? output?.digest;
    if (digest === undefined) continue;
    const known = await db.selectFrom('artifacts').select('digest').where('digest', '=', digest).executeTakeFirst();
    if (known !== undefined) continue;
    const message = `what ${step.name} of ${nameOf(found)} made is not kept any more (${digest})`;
    const next = `begin there: gantry restart ${found.app.name} ${found.row.number} --from ${step.name}`;
    throw new GantryError('conflict', 'restart-bytes', message, next);
  }
}
