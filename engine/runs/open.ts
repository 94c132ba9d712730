import type { RunState } from '../model/states';
import type { EngineParts } from '../parts';

/** How many runs have not ended, by their state. */
export type OpenRuns = Record<'queued' | 'running' | 'waiting' | 'undoing', number>;

export async function countOpenRuns(parts: EngineParts): Promise<OpenRuns> {
  const rows = await parts.store.read
    .selectFrom('runs')
    .select((e) => ['state', e.fn.countAll<number>().as('n')])
    .where('ended_at', 'is', null)
    .groupBy('state')
    .execute();
  const countOf = (state: RunState): number => Number(rows.find((row) => row.state === state)?.n ?? 0);
  return {
    queued: countOf('queued'),
    running: countOf('running'),
    waiting: countOf('waiting'),
    undoing: countOf('undoing'),
  };
}
