import type { Kysely } from 'kysely';
import { recordAudit } from '../audit/record';
import type { Actor, EngineParts } from '../parts';
import { KEY_ROW, SEALED } from '../store/vault';
import { SEALED_COLUMNS } from './sealed-columns';

/** Values that one transaction seals anew: others write in between. */
const BATCH = 50;

export interface KeyRotated {
  /** Id of the key that seals now. */
  key: string;
  /** Values that were sealed anew. */
  sealedAnew: number;
}

/**
 * Makes a new key, seals everything with it and forgets the old one. One that was cut off before is gone on with
 * instead: until its end both keys are there, and everything can be read.
 * @throws GantryError `secret-key`.
 */
export async function rotateKey(parts: EngineParts, actor: Actor): Promise<KeyRotated> {
  if (parts.vault.keyIds().length <= 1) parts.vault.addKey();
  const sealedAnew = await finishRotation(parts, actor);
  return { key: newestKey(parts), sealedAnew };
}

/** Goes on with a rotation that was cut off; nothing when there is none. @returns values that were sealed anew */
export async function resumeRotation(parts: EngineParts, actor: Actor): Promise<number> {
  return parts.vault.keyIds().length > 1 ? finishRotation(parts, actor) : 0;
}

async function finishRotation(parts: EngineParts, actor: Actor): Promise<number> {
  let done = 0;
  for (const [table, column] of SEALED_COLUMNS) {
    for (;;) {
      const changed = await sealBatch(parts, table, column);
      done += changed;
      if (changed === 0) break;
    }
  }
  await noteRotation(parts, actor, done);
  // Last: killed before, the next start finds two keys and comes here again.
  parts.vault.forgetOldKeys();
  return done;
}

/** Seals some values that another key has sealed. Compared when it is written: a value that was just set stays. */
function sealBatch({ store, vault }: EngineParts, table: string, column: string): Promise<number> {
  return store.write(async (tx) => {
    const db = tx as unknown as Kysely<Record<string, Record<string, string>>>;
    const rows = await db
      .selectFrom(table)
      .select(column)
      .where(column, 'like', `${SEALED}.%`)
      .where(column, 'not like', `${vault.prefix()}%`)
      .limit(BATCH)
      .execute();
    const values = rows.map((row) => row[column] ?? '');
    for (const sealed of values) {
      await db
        .updateTable(table)
        .set({ [column]: vault.sealAgain(sealed) })
        .where(column, '=', sealed)
        .execute();
    }
    return values.length;
  });
}

/** The key that seals is known to SQL, too: a file without it is not the installation's. */
async function noteRotation(parts: EngineParts, actor: Actor, sealedAnew: number): Promise<void> {
  const key = newestKey(parts);
  await parts.store.write(async (tx) => {
    await tx
      .insertInto('meta')
      .values({ key: KEY_ROW, value: key })
      .onConflict((c) => c.column('key').doUpdateSet({ value: key }))
      .execute();
    const detail = { key, sealedAnew };
    await recordAudit(parts, tx, { chain: 'system', actor, action: 'secret.rotate-key', object: 'key', detail });
  });
}

const newestKey = ({ vault }: EngineParts): string => vault.keyIds()[0] ?? '';
