import type Database from 'better-sqlite3';
import { writersOf } from '../world/sources';
import type { Picture } from './picture';
import type { Row } from './recorder';

/**
 * Who may decide over what, found out without the engine: from the world's own knowledge of who wrote a commit, and
 * straight from the records of who is who. Nothing here is part of the product.
 */
interface Records {
  roles: Database.Statement<[string, string], { one: number }>;
  deciders: Database.Statement<[string], { one: number }>;
  owner: Database.Statement<[string], { user_id: string }>;
  run: Database.Statement<
    [string],
    { started_by: string; restarts_run: string | null; commit: string; trigger: string }
  >;
  plan: Database.Statement<[string], { plan: string | null }>;
  frozen: Database.Statement<{ app: string; at: number }, { one: number }>;
  glass: Database.Statement<[string, string], { review_due: number | null }>;
}

const prepared = new WeakMap<Database.Database, Records>();

function recordsOf({ sim: { db } }: Picture): Records {
  const known = prepared.get(db) ?? {
    roles: db.prepare('select 1 as one from role_grants where holder = ? and role = ?'),
    deciders: db.prepare(
      `select 1 as one from role_grants where holder = ? and role in ('qa', 'release-manager', 'operator')`,
    ),
    owner: db.prepare(`select user_id from identities where kind = 'email' and name = ?`),
    run: db.prepare('select started_by, restarts_run, "commit", trigger from runs where id = ?'),
    plan: db.prepare('select plan from runs where id = ?'),
    frozen: db.prepare(`select 1 as one from freezes where (app_id is null or app_id = :app) and begun_at <= :at
      and until > :at and (ended_at is null or ended_at > :at)`),
    glass: db.prepare('select review_due from glass_breaks where approval_id = ? and broken_by = ?'),
  };
  prepared.set(db, known as Records);
  return known as Records;
}

export const holds = (p: Picture, user: string, role: string): boolean =>
  recordsOf(p).roles.get(user, role) !== undefined;
export const decides = (p: Picture, user: string): boolean => recordsOf(p).deciders.get(user) !== undefined;

/** Whether somebody wrote, pushed or started what a run carries, or the run that it restarts. */
export function tookPart(p: Picture, user: string, runId: string): boolean {
  const { run, owner } = recordsOf(p);
  for (let id: string | null = runId; id !== null; ) {
    const row = run.get(id);
    if (row === undefined) return false;
    const isBuilt = row.trigger !== 'release';
    const writers = isBuilt ? writersOf(row.commit).map((mail) => owner.get(mail)?.user_id) : [];
    if (row.started_by === `user:${user}` || writers.includes(user)) return true;
    id = row.restarts_run;
  }
  return false;
}

/** Whether a yes counts: glass is broken by anybody who decides something, else it takes the role. */
export const mayHaveSaid = (p: Picture, approval: Row<'approvals'>, vote: Row<'approval_votes'>): boolean =>
  (vote.broke_glass === 1 ? decides(p, vote.user) : holds(p, vote.user, approval.role)) &&
  !tookPart(p, vote.user, approval.run_id);

/** What visitors are to meet, as the plan says now. */
export function grayPlanOf(p: Picture, run: string): unknown {
  const text = recordsOf(p).plan.get(run)?.plan ?? null;
  const plan = text === null ? undefined : (JSON.parse(text) as { stages: { role: string; gray: unknown }[] });
  return plan?.stages.find(({ role }) => role === 'gray')?.gray ?? null;
}

export const isFrozen = (p: Picture, app: string, at: number): boolean =>
  recordsOf(p).frozen.get({ app, at }) !== undefined;

/** Undefined: nothing was written down. */
export const glassOf = (p: Picture, approval: string, user: string): { review_due: number | null } | undefined =>
  recordsOf(p).glass.get(approval, user);
