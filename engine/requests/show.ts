import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';

export interface RequestShown {
  number: number;
  forge: string;
  state: 'open' | 'closed';
  /** The commit that it stands at. */
  head: string;
  /** `branch`: of the repository itself; `fork`: of somebody else's. */
  origin: 'branch' | 'fork';
  /** Its head runs only when somebody allows it. */
  waits: boolean;
  allowedBy: string | null;
  updatedAt: number;
  run: number | null;
}

/** The pull and merge requests of an app's repository, the last one that moved first. */
export async function showRequests(parts: EngineParts, owner: AppId, limit: number): Promise<RequestShown[]> {
  const rows = await parts.store.read
    .selectFrom('requests as q')
    .leftJoin('runs', 'runs.id', 'q.run_id')
    .select(['q.number', 'q.forge', 'q.state', 'q.head', 'q.origin', 'q.allowed_head', 'q.allowed_by', 'q.updated_at'])
    .select('runs.number as run')
    .where('q.app_id', '=', owner)
    .orderBy('q.updated_at', 'desc')
    .orderBy('q.number', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ number, forge, state, head, origin, run, ...row }) => ({
    ...{ number, forge, state, head, origin, run },
    waits: state === 'open' && origin === 'fork' && row.allowed_head !== head,
    allowedBy: row.allowed_head === head ? row.allowed_by : null,
    updatedAt: row.updated_at,
  }));
}
