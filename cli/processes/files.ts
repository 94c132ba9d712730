import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../errors';

/** Only the owner reads what Gantry keeps in its data folder. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;

/** Makes a folder that only its owner may enter; one that is there keeps its rights. */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
}

/** Writes a file so that readers see the old content or the new, never a part. */
export function writePrivate(file: string, text: string): void {
  makeFolder(dirname(file));
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: PRIVATE_FILE });
  chmodSync(fresh, PRIVATE_FILE);
  renameSync(fresh, file);
}

/** Undefined when there is no such file; also when it holds no JSON, since a damaged state file tells nothing. */
export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function removeFile(file: string): void {
  rmSync(file, { force: true });
}
