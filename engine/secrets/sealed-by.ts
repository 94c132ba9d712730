import type { Kysely } from 'kysely';
import type { Reader } from '../store/store';
import { SEALED, sealedBy } from '../store/vault';
import { SEALED_COLUMNS } from './sealed-columns';

/** How many values other keys than this one have sealed. */
export async function sealedByOthers(reader: Reader, key: string): Promise<number> {
  const db = reader as unknown as Kysely<Record<string, Record<string, string>>>;
  let count = 0;
  for (const [table, column] of SEALED_COLUMNS) {
    const { n } = await db
      .selectFrom(table)
      .select((e) => e.fn.countAll<number>().as('n'))
      .where(column, 'like', `${SEALED}.%`)
      .where(column, 'not like', `${sealedBy(key)}%`)
      .executeTakeFirstOrThrow();
    count += Number(n);
  }
  return count;
}
