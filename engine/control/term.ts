import { sql } from 'kysely';
import type { EngineParts } from '../parts';
import { databaseNow } from '../store/store';

/** A loop's holder keeps it this long without renewal. */
export const TERM_MS = 10_000;

/**
 * Who may run a control loop now: one holder per loop and cluster. Returns the term's number when it is ours.
 * The number rises with each change of holder.
 */
export async function holdTerm(parts: EngineParts, name: string, holder: string): Promise<number | undefined> {
  const known = await parts.store.read
    .selectFrom('terms')
    .select(['holder', 'epoch', sql<number>`until - ${databaseNow}`.as('left')])
    .where('name', '=', name)
    .executeTakeFirst();
  if (known !== undefined && known.holder !== holder && known.left > 0) return undefined;
  // Ours for long enough: a write each time would make an idle runner busy. Half of it would not be: whoever looks every
  // half of a term would come again when it has ended.
  if (known !== undefined && known.holder === holder && known.left > (TERM_MS * 3) / 4) return known.epoch;
  return parts.store.write(async (tx) => {
    const row = await tx
      .selectFrom('terms')
      .select(['holder', 'epoch', sql<number>`until - ${databaseNow}`.as('left')])
      .where('name', '=', name)
      .executeTakeFirst();
    if (row !== undefined && row.holder !== holder && row.left > 0) return undefined;
    const epoch = row === undefined ? 1 : row.holder === holder ? row.epoch : row.epoch + 1;
    const until = sql<number>`${databaseNow} + ${TERM_MS}`;
    await tx
      .insertInto('terms')
      .values({ name, holder, epoch, until })
      .onConflict((c) => c.column('name').doUpdateSet({ holder, epoch, until }))
      .execute();
    return epoch;
  });
}
