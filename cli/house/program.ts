import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join, sep } from 'node:path';
import type { CliSettings } from '../../settings';

/** What the processes of a house read from the checkout, apart from their modules. */
const PARTS = ['dist', 'package.json', 'fixtures/bases'];

const programsOf = (home: string): string => join(home, 'program');

/**
 * Copies the compiled program into the data folder, so that what runs stays what was started, whatever happens to the
 * checkout meanwhile, and can be started again when a newer one fails. Repeating it costs one look.
 *
 * @returns the root of the copy; the root itself when it is such a copy, or when sources run uncompiled
 */
export function keepProgram({ home, root, version }: Pick<CliSettings, 'home' | 'root' | 'version'>): string {
  const programs = programsOf(home);
  if (!__filename.endsWith('.js') || root.startsWith(programs + sep)) return root;
  const target = join(programs, `${version}-${fingerprint(join(root, 'dist'))}`);
  if (!existsSync(target)) copyProgram(root, target);
  return target;
}

function copyProgram(root: string, target: string): void {
  const fresh = `${target}.${process.pid}`;
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  for (const part of PARTS) {
    cpSync(join(root, part), join(fresh, part), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  }
  // Views, styles and hooks are read from the room's own folder, and the compiler's output has a copy of them.
  symlinkSync(join('dist', 'web'), join(fresh, 'web'));
  symlinkSync(realpathSync(join(root, 'node_modules')), join(fresh, 'node_modules'));
  try {
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    // Somebody else was faster with the same copy.
    if (!existsSync(target)) throw error;
  }
}

/** Names, sizes and times of everything that was compiled. */
function fingerprint(folder: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    const file = join(entry.parentPath, entry.name);
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file.slice(folder.length)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 12);
}

/** Removes all copies but the one that works now: until then an upgrade that fails needs the one before. */
export function forgetOtherPrograms(home: string, used: string): void {
  const programs = programsOf(home);
  if (!used.startsWith(programs + sep)) return;
  for (const name of readdirSync(programs)) {
    if (join(programs, name) !== used) rmSync(join(programs, name), { recursive: true, force: true });
  }
}
