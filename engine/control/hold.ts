import { z } from 'zod';
import type { EngineParts } from '../parts';
import { nowOf } from '../store/now';
import { statement } from '../store/statement';
import type { Reader, Tx } from '../store/store';

/**
 * Why nothing begins by itself now:
 * - `restore`: the records came back from a backup, and nobody has compared them with the world yet;
 * - `upgrade`: Gantry is about to be replaced.
 */
export const HOLDS = ['restore', 'upgrade'] as const;
export type HoldName = (typeof HOLDS)[number];

const holdSchema = z.object({
  /** A sentence for people. */
  reason: z.string(),
  since: z.number(),
  /** It ends by itself then, by the database's clock; null: only when somebody lifts it. */
  until: z.number().nullable(),
});
export type Hold = z.infer<typeof holdSchema> & { name: HoldName };

type Sql = Pick<EngineParts, 'store'>;
const keyOf = (name: HoldName): string => `hold:${name}`;
const KEYS = HOLDS.map(keyOf);

/**
 * From its commit on no step is taken and no control loop acts; what is accepted waits. Whoever holds for a work of his
 * own names a time: a hold of somebody who was killed must not last.
 */
export async function hold(
  { store }: Sql,
  name: HoldName,
  how: { reason: string; since: number; forMs: number | null },
): Promise<void> {
  await store.write(async (tx) => {
    const until = how.forMs === null ? null : (await nowOf(tx)) + how.forMs;
    const value = JSON.stringify({ reason: how.reason, since: how.since, until } satisfies z.infer<typeof holdSchema>);
    await tx
      .insertInto('meta')
      .values({ key: keyOf(name), value })
      .onConflict((c) => c.column('key').doUpdateSet({ value }))
      .execute();
  });
}

export async function liftHold({ store }: Sql, name: HoldName): Promise<void> {
  await store.write((tx) => tx.deleteFrom('meta').where('key', '=', keyOf(name)).execute());
}

/** The holds in force. */
export const listHolds = ({ store }: Sql): Promise<Hold[]> => holdsIn(store.read);

const held = statement<object, { key: string; value: string }>((db) =>
  db.selectFrom('meta').select(['key', 'value']).where('key', 'in', KEYS),
);

/** The same inside a transaction: what is taken in it is taken before the hold, or not at all. */
export async function holdsIn(db: Reader | Tx): Promise<Hold[]> {
  const rows = await held(db, {});
  if (rows.length === 0) return [];
  const now = await nowOf(db);
  return rows
    .map((row) => ({ name: row.key.slice('hold:'.length) as HoldName, ...holdSchema.parse(JSON.parse(row.value)) }))
    .filter(({ until }) => until === null || until > now);
}
