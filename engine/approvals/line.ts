import type { RunId } from '../model/ids';
import type { Reader } from '../store/store';

/** A run that walks the plan of another one, which may have done the same. */
const RESTARTS_MAX = 1_000;

/** A run and those before it that it restarts, the newest first, as far as they are still known. */
export async function* lineOf(db: Reader, run: RunId) {
  for (let id: RunId | null = run, walked = 0; id !== null && walked < RESTARTS_MAX; walked++) {
    const row: Ancestor | undefined = await db
      .selectFrom('runs')
      .leftJoin('people_noted', 'people_noted.run_id', 'runs.id')
      .select(['runs.id', 'runs.started_by', 'runs.author', 'runs.restarts_run', 'people_noted.beyond'])
      .where('runs.id', '=', id)
      .executeTakeFirst();
    if (row === undefined) return;
    yield row;
    id = row.restarts_run;
  }
}

interface Ancestor {
  id: RunId;
  started_by: string;
  author: string;
  restarts_run: RunId | null;
  /** Hash of the release beyond which people were noted; null: none were. */
  beyond: string | null;
}
