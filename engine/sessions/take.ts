import { sql } from 'kysely';
import type { SessionId } from '../model/ids';
import { SESSION_LEASE_MS } from '../model/session-limits';
import type { SessionState } from '../model/states';
import type { EngineParts } from '../parts';
import { databaseNow } from '../store/store';
import type { SessionKind } from '../store/tables';

/** A session as the runner carries it. */
export interface SessionTaken {
  id: SessionId;
  kind: SessionKind;
  app: string;
  instance: string;
  state: SessionState;
  /** `OutputRequest` or `CommandRequest`, by kind. */
  request: unknown;
}

const SHOWN = [
  'instance_sessions.id',
  'instance_sessions.kind',
  'instance_sessions.request',
  'instance_sessions.state',
] as const;

/** Takes the oldest session that nobody carries yet; undefined when there is none. */
export async function takeSession(
  parts: EngineParts,
  owner: string,
  cluster: string,
): Promise<SessionTaken | undefined> {
  const waits = await sessions(parts, cluster)
    .where('instance_sessions.state', '=', sql.lit('asked' as const))
    .where('instance_sessions.deadline', '>', databaseNow)
    .orderBy('instance_sessions.created_at')
    .limit(1)
    .executeTakeFirst();
  if (waits === undefined) return undefined;
  const taken = await parts.store.write((tx) =>
    tx
      .updateTable('instance_sessions')
      .set({
        state: 'open',
        owner,
        opened_at: parts.clock.now(),
        deadline: sql<number>`${databaseNow} + ${SESSION_LEASE_MS}`,
      })
      .where('id', '=', waits.id)
      .where('state', '=', 'asked')
      .returning('id')
      .executeTakeFirst(),
  );
  // Another runner was quicker: there may be one more.
  return taken === undefined ? takeSession(parts, owner, cluster) : shown(waits);
}

/**
 * Says that these sessions are still carried.
 * @returns the ones that are not ours any more: ended by their person, or given up by another runner.
 */
export async function renewSessions(
  parts: EngineParts,
  owner: string,
  ids: readonly SessionId[],
): Promise<SessionId[]> {
  if (ids.length === 0) return [];
  const rows = await parts.store.write((tx) =>
    tx
      .updateTable('instance_sessions')
      .set({ deadline: sql<number>`${databaseNow} + ${SESSION_LEASE_MS}` })
      .where('id', 'in', ids)
      .where('state', '=', 'open')
      .where('owner', '=', owner)
      .returning('id')
      .execute(),
  );
  return ids.filter((id) => !rows.some((row) => row.id === id));
}

/** Sessions that nobody took in time, and sessions whose runner is gone: what they left is to be ended. */
export async function overdueSessions(parts: EngineParts, cluster: string): Promise<SessionTaken[]> {
  const rows = await sessions(parts, cluster)
    .where('instance_sessions.state', '!=', sql.lit('ended' as const))
    .where('instance_sessions.deadline', '<=', databaseNow)
    .execute();
  return rows.map(shown);
}

const sessions = (parts: EngineParts, cluster: string) =>
  parts.store.read
    .selectFrom('instance_sessions')
    .innerJoin('apps', 'apps.id', 'instance_sessions.app_id')
    .innerJoin('instances', 'instances.id', 'instance_sessions.instance_id')
    .select([...SHOWN, 'apps.name as app', 'instances.name as instance'])
    .where('instance_sessions.cluster', '=', cluster);

const shown = (row: { request: string } & Omit<SessionTaken, 'request'>): SessionTaken => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  app: row.app,
  instance: row.instance,
  request: JSON.parse(row.request) as unknown,
});
