import type { EngineParts } from '../parts';

/** A secret of this installation by its name, made at its first use: 32 random bytes, hex. */
export async function secretOf(
  { store, random }: Pick<EngineParts, 'store' | 'random'>,
  name: string,
): Promise<string> {
  const key = `secret:${name}`;
  const fresh = random.bytes(32).toString('hex');
  return store.write(async (tx) => {
    await tx
      .insertInto('meta')
      .values({ key, value: fresh })
      .onConflict((c) => c.column('key').doNothing())
      .execute();
    const row = await tx.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirstOrThrow();
    return row.value;
  });
}
