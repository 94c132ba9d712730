import { sql } from 'kysely';
import type { EngineParts } from '../parts';
import { databaseNow } from '../store/store';

/** A runner that does not say that it is there for so long is taken for gone. */
export const RUNNER_ALIVE_MS = 15_000;
export const RUNNER_SAYS_MS = 5_000;
/** For how long a runner that is gone is remembered: "the last one was there until …". */
const REMEMBERED_MS = 24 * 3_600_000;

export interface RunnerSaid {
  owner: string;
  cluster: string;
  /** Steps at once. */
  places: number;
}

/** A runner says that it is there. Others learn it from SQL alone. */
export async function announceRunner(parts: EngineParts, { owner, cluster, places }: RunnerSaid): Promise<void> {
  const alive_until = sql<number>`${databaseNow} + ${RUNNER_ALIVE_MS}`;
  await parts.store.write(async (tx) => {
    await tx
      .insertInto('runners')
      .values({ owner, cluster, places, started_at: parts.clock.now(), alive_until })
      .onConflict((c) => c.column('owner').doUpdateSet({ alive_until, places }))
      .execute();
    await tx.deleteFrom('runners').where('alive_until', '<', sql<number>`${databaseNow} - ${REMEMBERED_MS}`).execute();
  });
}

/** A runner that stops in order says goodbye, so that nobody waits for it. */
export async function dismissRunner(parts: EngineParts, owner: string): Promise<void> {
  await parts.store.write((tx) =>
    tx.updateTable('runners').set({ alive_until: databaseNow }).where('owner', '=', owner).execute(),
  );
}

/** What is known of the runners now. */
export interface RunnersSeen {
  alive: number;
  /** Steps that all of them can carry at once. */
  places: number;
  /** When the last one was there, ms UTC; null when none was, for a day. */
  lastSeen: number | null;
}

export async function seeRunners(parts: EngineParts): Promise<RunnersSeen> {
  const rows = await parts.store.read
    .selectFrom('runners')
    .select(['places', 'alive_until', sql<number>`alive_until > ${databaseNow}`.as('alive')])
    .execute();
  const alive = rows.filter((row) => row.alive === 1);
  const last = Math.max(0, ...rows.map((row) => row.alive_until));
  return {
    alive: alive.length,
    places: alive.reduce((sum, row) => sum + row.places, 0),
    lastSeen: last === 0 ? null : last,
  };
}
