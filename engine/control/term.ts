import { sql } from 'kysely';
import type { EngineParts } from '../parts';
import { statement } from '../store/statement';
import { databaseNow } from '../store/store';
import type { Tables } from '../store/tables';

/** A loop's holder keeps it this long without renewal. */
export const TERM_MS = 10_000;

type Known = Pick<Tables['terms'], 'holder' | 'epoch'> & { left: number };
const termOf = statement<{ name: string }, Known>((db, argument) =>
  db
    .selectFrom('terms')
    .select(['holder', 'epoch', sql<number>`until - ${databaseNow}`.as('left')])
    .where('name', '=', argument('name')),
);
const writeTerm = statement<Pick<Tables['terms'], 'name' | 'holder' | 'epoch'>, unknown>((db, argument) => {
  const until = sql<number>`${databaseNow} + ${TERM_MS}`;
  const [holder, epoch] = [argument('holder'), argument('epoch')];
  return db
    .insertInto('terms')
    .values({ name: argument('name'), holder, epoch, until })
    .onConflict((c) => c.column('name').doUpdateSet({ holder, epoch, until }));
});

/**
 * Who may run a control loop now: one holder per loop and cluster. Returns the term's number when it is ours.
 * The number rises with each change of holder.
 */
export async function holdTerm(parts: EngineParts, name: string, holder: string): Promise<number | undefined> {
  const [known] = await termOf(parts.store.read, { name });
  if (known !== undefined && known.holder !== holder && known.left > 0) return undefined;
  // Ours for long enough: a write each time would make an idle runner busy. Half of it would not be: whoever looks every
  // half of a term would come again when it has ended.
  if (known !== undefined && known.holder === holder && known.left > (TERM_MS * 3) / 4) return known.epoch;
  return parts.store.write(async (tx) => {
    const [row] = await termOf(tx, { name });
    if (row !== undefined && row.holder !== holder && row.left > 0) return undefined;
    const epoch = row === undefined ? 1 : row.holder === holder ? row.epoch : row.epoch + 1;
    await writeTerm(tx, { name, holder, epoch });
    return epoch;
  });
}
