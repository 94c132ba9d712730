import { statement } from './statement';
import { databaseNow, type Reader } from './store';

/** The database's clock, ms UTC: every process has the same. */
export async function nowOf(db: Reader): Promise<number> {
  const [row] = await clock(db, {});
  if (row === undefined) throw new Error('the database tells no time');
  return row.now;
}

const clock = statement<object, { now: number }>((db) => db.selectNoFrom(databaseNow.as('now')));
