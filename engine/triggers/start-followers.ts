import { sql } from 'kysely';
import { defaultBranchOf } from '../apps/default-branch';
import type { AppFound } from '../apps/find';
import { findAppIn } from '../apps/find';
import { recordAudit } from '../audit/record';
import { headOf, NO_COMMIT } from '../deliveries/accept';
import type { ReleasedCause } from '../model/cause';
import type { AppId, ReleaseId } from '../model/ids';
import type { EngineParts } from '../parts';
import { createRun } from '../runs/create';
import { PLAN_FIRST } from '../runs/plan-first';
import { roomProblem } from '../runs/room';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { isFull, type Outcome, startEach } from './start-each';

type Follower = Tables['release_followers'];
interface Named {
  app: string;
  app_id: AppId;
  release_id: ReleaseId;
  stage: string;
}

/** Apps that may follow one another. */
export const CHAIN_MAX = 5;
/** So long it is shown, and known, what became of a release that somebody follows, ms. */
const KEPT_MS = 40 * 24 * 60 * 60_000;
const ACTOR = 'rule:released';

/**
 * Starts the runs of apps that follow a release of another one, each once. What finds no room is tried again.
 * @returns how many runs were started
 */
export async function startFollowers(parts: EngineParts): Promise<number> {
  return startEach(parts, await pending(parts), {
    start: (tx, named) => startOne(parts, tx, named),
    noteFailure: (tx, { app_id, release_id, stage }, reason) =>
      tx
        .updateTable('release_followers')
        .set({ reason })
        .where('app_id', '=', app_id)
        .where('release_id', '=', release_id)
        .where('stage', '=', stage)
        .where('state', '=', sql.lit('pending' as const))
        .execute(),
  });
}

const pending = (parts: EngineParts): Promise<Named[]> =>
  parts.store.read
    .selectFrom('release_followers as f')
    .innerJoin('apps', 'apps.id', 'f.app_id')
    .select(['apps.name as app', 'f.app_id', 'f.release_id', 'f.stage'])
    .where('f.state', '=', sql.lit('pending' as const))
    .orderBy('f.told_at')
    .execute();

async function startOne(parts: EngineParts, tx: Tx, { app: name, release_id, stage }: Named): Promise<Outcome> {
  const app = await findAppIn(tx, name);
  const follower = await tx
    .selectFrom('release_followers')
    .selectAll()
    .where('app_id', '=', app.id)
    .where('release_id', '=', release_id)
    .where('stage', '=', stage)
    .where('state', '=', sql.lit('pending' as const))
    .executeTakeFirst();
  if (follower === undefined) return undefined;
  const cause = JSON.parse(follower.cause) as ReleasedCause;
  const ref = await defaultBranchOf(tx, app.id);
  const commit = await headOf(tx, app.id, ref);
  const reason = (await unwanted(tx, app, cause)) ?? (commit === NO_COMMIT ? `there is no ${ref}` : null);
  if (reason !== null) {
    await refuse(parts, tx, { app, follower, cause }, reason);
    return undefined;
  }
  const full = await roomProblem(parts, tx, app);
  if (full !== null) {
    if (full !== follower.reason) await write(tx, follower, { reason: full });
    return isFull;
  }
  const { row, hints } = await createRun(parts, tx, app, {
    ...{ trigger: 'released', ref, commit, title: '', author: '', startedBy: ACTOR, cause, steps: PLAN_FIRST },
  });
  await write(tx, follower, { state: 'started', reason: '', run_id: row.id, ended_at: parts.clock.now() });
  await forgetOld(parts, tx, follower);
  return hints;
}

/** Why an app does not follow this release, as a phrase; null when it does. */
async function unwanted(tx: Tx, app: AppFound, { app: of, stage, chain }: ReleasedCause): Promise<string | null> {
  const way = [...chain, app.name].join(' → ');
  if (chain.includes(app.name)) return `they would follow one another without end: ${way}`;
  if (chain.length > CHAIN_MAX) return `at most ${CHAIN_MAX} apps follow one another: ${way}`;
  const asks = await tx
    .selectFrom('release_triggers')
    .select('stage')
    .where('app_id', '=', app.id)
    .where('of_app', '=', of)
    .where('stage', '=', stage)
    .executeTakeFirst();
  return asks === undefined ? `on.released of gantry.yml does not name ${of} ${stage} any more` : null;
}

async function refuse(
  parts: EngineParts,
  tx: Tx,
  { app, follower, cause }: { app: AppFound; follower: Follower; cause: ReleasedCause },
  reason: string,
): Promise<void> {
  await write(tx, follower, { state: 'refused', reason, ended_at: parts.clock.now() });
  await recordAudit(parts, tx, {
    ...{ chain: app.name, actor: ACTOR, action: 'triggers.refuse', object: app.name },
    detail: { ...cause, reason },
  });
}

async function write(tx: Tx, { app_id, release_id, stage }: Follower, what: Partial<Follower>): Promise<void> {
  await tx
    .updateTable('release_followers')
    .set(what)
    .where('app_id', '=', app_id)
    .where('release_id', '=', release_id)
    .where('stage', '=', stage)
    .execute();
}

const forgetOld = (parts: EngineParts, tx: Tx, { app_id }: Follower): Promise<unknown> =>
  tx
    .deleteFrom('release_followers')
    .where('app_id', '=', app_id)
    .where('ended_at', '<', parts.clock.now() - KEPT_MS)
    .execute();
