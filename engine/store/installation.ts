import type { Random } from '../ports/clock';
import type { Store } from './store';

/** The installation's id; made at the first start, the same ever after. */
export async function installationId(store: Store, random: Random): Promise<string> {
  const fresh = random.bytes(8).toString('hex');
  return store.write(async (tx) => {
    await tx
      .insertInto('meta')
      .values({ key: 'installation', value: fresh })
      .onConflict((c) => c.column('key').doNothing())
      .execute();
    const row = await tx.selectFrom('meta').select('value').where('key', '=', 'installation').executeTakeFirstOrThrow();
    return row.value;
  });
}

/** The same where nothing may be changed; empty when it was never started. */
export async function installationIn({ read }: Store): Promise<string> {
  const row = await read.selectFrom('meta').select('value').where('key', '=', 'installation').executeTakeFirst();
  return row?.value ?? '';
}
