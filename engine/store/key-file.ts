import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../model/errors';
import type { Random } from '../ports/clock';
import type { Logger } from '../ports/logger';
import type { Vault } from '../ports/vault';
import type { Store } from './store';
import { freshKey, KEY_ADVICE, type KeyPlace, KeyVault, type VaultKey, vaultKey } from './vault';
import { KEY_ROW, sealingKeyIn } from './vault-key';

const ABOUT =
  '# Opens what Gantry has sealed. Keep a copy apart from the backups: they do not hold it. Newest key first.';
/**
 * The vault of an installation. Its key file is made at the first start, for its owner alone. A key that is missing or
 * another one's is said clearly, and stops nothing but what needs it.
 */
export async function openVault(
  { store, random, log }: { store: Store; random: Random; log: Logger },
  file: string,
): Promise<Vault> {
  const place = keyFile(file, random);
  try {
    const known = await sealingKeyIn(store.read);
    if (known === undefined) place.make();
    demandKey(place, file, known ?? (await noteFirstKey(store, place.read()[0]?.id ?? '')));
    return new KeyVault(place, random);
  } catch (error) {
    log.error({ file, reason: messageOf(error), next: KEY_ADVICE }, 'the key of the secrets cannot be used');
    return new KeyVault(withoutKeys(messageOf(error)), random);
  }
}

/** Why the key file cannot be used; undefined when it can, or when there is no key yet. Changes nothing. */
export async function keyProblem(store: Store, file: string): Promise<string | undefined> {
  const known = await sealingKeyIn(store.read);
  if (known === undefined) return undefined;
  try {
    demandKey(keyFile(file), file, known);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** @throws Error */
function demandKey(place: KeyPlace, file: string, id: string): void {
  if (place.read().some((key) => key.id === id)) return;
  throw new Error(`${file} holds another key than ${id}, with which this installation seals`);
}

/** Another process may have been first, with a file of its own on another machine: then that one's key counts. */
async function noteFirstKey(store: Store, id: string): Promise<string> {
  return store.write(async (tx) => {
    const values = { key: KEY_ROW, value: id };
    await tx
      .insertInto('meta')
      .values(values)
      .onConflict((c) => c.column('key').doNothing())
      .execute();
    return (await sealingKeyIn(tx)) ?? id;
  });
}

function withoutKeys(reason: string): KeyPlace {
  const refuse = (): never => {
    throw new Error(reason);
  };
  return { read: refuse, write: refuse };
}

/** The keys in a file. It is read again when it has changed: another process may have made a new key. */
function keyFile(file: string, random?: Random): KeyPlace & { make(): void } {
  let seen = '';
  let keys: readonly VaultKey[] = [];
  return {
    read: () => {
      const { ino, mtimeMs, size } = statSync(file);
      const stamp = `${ino} ${mtimeMs} ${size}`;
      if (stamp !== seen) {
        keys = parseKeys(readFileSync(file, 'utf8'));
        seen = stamp;
      }
      return keys;
    },
    write: (wanted) => replaceFile(file, wanted, renameSync),
    make: () => {
      if (random === undefined) throw new Error(`${file} is only looked at`);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      replaceFile(file, [freshKey(random)], linkUnlessThere);
    },
  };
}

/** Readers see a whole file; the disk has it before anything is sealed with it. */
function replaceFile(file: string, keys: readonly VaultKey[], put: (from: string, to: string) => void): void {
  const aside = `${file}.${process.pid}.new`;
  rmSync(aside, { force: true });
  const handle = openSync(aside, 'wx', 0o600);
  try {
    writeSync(handle, `${ABOUT}\n${keys.map(({ key }) => `${key.toString('base64')}\n`).join('')}`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  put(aside, file);
  rmSync(aside, { force: true });
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** Two processes start at once: the first one's file stays. */
function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function parseKeys(text: string): VaultKey[] {
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0) throw new Error('the key file holds no key');
  return keys.map((line) => vaultKey(Buffer.from(line, 'base64')));
}
