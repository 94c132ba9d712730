import type { Kysely } from 'kysely';
import { recordAudit } from '../audit/record';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { SEALED, sealedBy, staleKey } from '../store/vault';
import { noteSealingKey, sealingKeyIn } from '../store/vault-key';
import { sealedByOthers } from './sealed-by';
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
 * Makes a new key and seals everything with it. The old one stays in the file, until `forgetOldKeys`. A change that was
 * cut off before is gone on with instead. From its first commit on, a process that does not have the new key seals
 * nothing: what it would seal with the old one could be lost.
 * @throws GantryError `secret-key`.
 */
export async function rotateKey(parts: EngineParts, actor: Actor): Promise<KeyRotated> {
  await parts.store.write(async (tx) => {
    const known = await sealingKeyIn(tx);
    // In the transaction, which has the database to itself: two that ask at once must not lose each other's key.
    if (isNewest(parts, known) && (await sealedByOthers(tx, newestKey(parts))) === 0) parts.vault.addKey();
    await takeNewest(parts, tx, known, actor);
  });
  return { key: newestKey(parts), sealedAnew: await sealAnew(parts, actor) };
}

/** Goes on with a change that was cut off; nothing when there is none. @returns values that were sealed anew */
export async function resumeRotation(parts: EngineParts, actor: Actor): Promise<number> {
  if (parts.vault.keyIds().length <= 1) return 0;
  await parts.store.write(async (tx) => takeNewest(parts, tx, await sealingKeyIn(tx), actor));
  return sealAnew(parts, actor);
}

/** The key that seals is known to SQL: a process whose file does not have it is behind. */
async function takeNewest(parts: EngineParts, tx: Tx, known: string | undefined, actor: Actor): Promise<void> {
  if (known !== undefined && !parts.vault.keyIds().includes(known)) throw staleKey(known);
  const key = newestKey(parts);
  if (key === known) return;
  await noteSealingKey(tx, key);
  const detail = { key };
  await recordAudit(parts, tx, { chain: 'system', actor, action: 'secret.rotate-key', object: 'key', detail });
}

async function sealAnew(parts: EngineParts, actor: Actor): Promise<number> {
  let done = 0;
  for (const [table, column] of SEALED_COLUMNS) {
    for (;;) {
      const changed = await sealBatch(parts, table, column);
      done += changed;
      if (changed === 0) break;
    }
  }
  if (done > 0) {
    const told = { chain: 'system', actor, action: 'secret.seal-anew', object: 'key', detail: { values: done } };
    await parts.store.write((tx) => recordAudit(parts, tx, told));
  }
  return done;
}

/** Seals some values that another key has sealed. Compared when it is written: a value that was just set stays. */
function sealBatch({ store, vault }: EngineParts, table: string, column: string): Promise<number> {
  return store.write(async (tx) => {
    const key = (await sealingKeyIn(tx)) ?? '';
    const db = tx as unknown as Kysely<Record<string, Record<string, string>>>;
    const rows = await db
      .selectFrom(table)
      .select(column)
      .where(column, 'like', `${SEALED}.%`)
      .where(column, 'not like', `${sealedBy(key)}%`)
      .limit(BATCH)
      .execute();
    const values = rows.map((row) => row[column] ?? '');
    for (const sealed of values) {
      await db
        .updateTable(table)
        .set({ [column]: vault.sealAgain(sealed, key) })
        .where(column, '=', sealed)
        .execute();
    }
    return values.length;
  });
}

const newestKey = ({ vault }: EngineParts): string => vault.keyIds()[0] ?? '';
const isNewest = (parts: EngineParts, known: string | undefined): boolean =>
  known === undefined || known === newestKey(parts);
