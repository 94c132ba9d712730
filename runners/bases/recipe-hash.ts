import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What decides whether an image is still the one that its recipe describes. */
export interface RecipeInputs {
  /** Folder with the Dockerfile; every file, its path and its executable bit count. */
  folder: string;
  /** Image ID of the base, or the name of a root that has none. */
  base: string;
  /** Certificates that go into the image; empty when the recipe takes none. */
  certificates: string;
  /** What is fetched into the build context: `file=name@version`, `file=path sha256`. */
  packages: readonly string[];
}

/** sha256 in hex over everything that a base image is made from. The same inputs give the same hash on any machine. */
export async function recipeHash(inputs: RecipeInputs): Promise<string> {
  const hash = createHash('sha256');
  const put = (label: string, value: string | Buffer): void => {
    hash.update(`${label} ${Buffer.byteLength(value)}\n`).update(value);
  };
  for (const path of await filesOf(inputs.folder)) {
    const full = join(inputs.folder, path);
    const executable = ((await stat(full)).mode & 0o100) !== 0;
    put(executable ? 'program' : 'file', path);
    put('bytes', await readFile(full));
  }
  put('base', inputs.base);
  put('certificates', inputs.certificates);
  for (const entry of [...inputs.packages].sort()) {
    put('package', entry);
  }
  return hash.digest('hex');
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
