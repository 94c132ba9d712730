import { sql } from 'kysely';
import type { AppId, HookId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { HookOutcome } from '../store/tables';

/** A push hook that was answered and whose ref was not fetched yet. */
export interface HookWaiting {
  id: HookId;
  forge: string;
  ref: string;
  /** What it says that the ref stands at; zeros when that is gone. */
  after: string;
  receivedAt: number;
  attempts: number;
}

export interface HookShown {
  delivery: string;
  forge: string;
  event: string;
  ref: string;
  after: string;
  receivedAt: number;
  endedAt: number | null;
  outcome: HookOutcome;
  reason: string;
  attempts: number;
  run: number | null;
}

/** One fetch settles at most this many hooks of one app; the rest follows. */
const BATCH = 100;

/** The apps that have hooks to be followed now. */
export async function appsWithHooksDue(parts: EngineParts): Promise<{ id: AppId; name: string }[]> {
  return parts.store.read
    .selectFrom('hook_deliveries as h')
    .innerJoin('apps', 'apps.id', 'h.app_id')
    .select(['apps.id', 'apps.name'])
    .distinct()
    .where('h.outcome', '=', sql.lit('pending' as const))
    .where('h.not_before', '<=', parts.clock.now())
    .execute();
}

/** What waits for one app, oldest first. */
export async function hooksDue(parts: EngineParts, appId: AppId): Promise<HookWaiting[]> {
  return parts.store.read
    .selectFrom('hook_deliveries')
    .select(['id', 'forge', 'ref', 'after', 'received_at as receivedAt', 'attempts'])
    .where('app_id', '=', appId)
    .where('outcome', '=', sql.lit('pending' as const))
    .where('not_before', '<=', parts.clock.now())
    .orderBy('id')
    .limit(BATCH)
    .execute();
}

/** The last webhooks of an app, newest first. */
export async function showHooks(parts: EngineParts, appId: AppId, limit: number): Promise<HookShown[]> {
  return parts.store.read
    .selectFrom('hook_deliveries as h')
    .leftJoin('runs', 'runs.id', 'h.run_id')
    .select([
      'h.delivery_id as delivery',
      'h.forge',
      'h.event',
      'h.ref',
      'h.after',
      'h.received_at as receivedAt',
      'h.ended_at as endedAt',
      'h.outcome',
      'h.reason',
      'h.attempts',
      'runs.number as run',
    ])
    .where('h.app_id', '=', appId)
    .orderBy('h.id', 'desc')
    .limit(limit)
    .execute();
}
