import type { Json } from '../model/hash';
import type { EngineParts } from '../parts';
import type { AuditRow } from './chain';

export type AuditShown = Omit<AuditRow, 'detail' | 'prev_hash' | 'hash'> & { detail: Json };

/** Which entries, and how many at most. */
export interface AuditFilter {
  /** An app's name, or `system`. */
  chain?: string;
  /** Only entries about this run. */
  run?: number;
  /** Only entries older than the one of this number. */
  before?: number;
  limit: number;
}

/** Entries, newest first. */
export async function listAudit({ store }: Pick<EngineParts, 'store'>, filter: AuditFilter): Promise<AuditShown[]> {
  const { chain, run, before, limit } = filter;
  let query = store.read
    .selectFrom('audit')
    .select(['seq', 'chain', 'at', 'actor', 'action', 'object', 'detail'])
    .orderBy('seq', 'desc')
    .limit(limit);
  if (chain !== undefined) query = query.where('chain', '=', chain);
  if (chain !== undefined && run !== undefined) {
    const object = `${chain}#${run}`;
    query = query.where((e) => e.or([e('object', '=', object), e('object', 'like', `${object}/%`)]));
  }
  if (before !== undefined) query = query.where('seq', '<', before);
  const rows = await query.execute();
  return rows.map((row) => ({ ...row, detail: detailOf(row) }));
}

/** What somebody wrote there who is not Gantry is shown as it stands: just then people want to see it. */
function detailOf({ detail }: Pick<AuditRow, 'detail'>): Json {
  try {
    return JSON.parse(detail) as Json;
  } catch {
    return detail;
  }
}
