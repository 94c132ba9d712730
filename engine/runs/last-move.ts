import type { EngineParts } from '../parts';

/** When a run last changed, in ms; undefined before the first one. What is told of releases alone does not count. */
export async function lastMove(parts: EngineParts): Promise<number | undefined> {
  const row = await parts.store.read
    .selectFrom('events')
    .select('at')
    .where('run_id', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.at;
}
