import { existsSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';

/** What TypeScript makes of an import at the top of a file. */
const REQUIRE = /\brequire\("([^"]+)"\)/g;
/** What is loaded later, or never. */
const LATER = /\bimport\(['"]([^'"]+)['"]\)/g;

/**
 * The packages that a compiled program loads as it starts, by following its files from `file`.
 *
 * @param later whether what is imported within functions is followed too: true for a file that only picks its command
 */
export function packagesOf(file: string, later = false, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const names = [...text.matchAll(REQUIRE), ...(later ? text.matchAll(LATER) : [])].map((match) => match[1] ?? '');
  const packages = names.flatMap((name) => {
    if (!name.startsWith('.')) return isBuiltin(name) ? [] : [name];
    const found = resolveFile(join(dirname(file), name));
    return found === undefined ? [] : packagesOf(found, false, seen);
  });
  return [...new Set(packages)].sort();
}

/** As Node does it for `./noun`, `./noun.js` and `./folder`. Undefined for what is no program (`./data.json`). */
function resolveFile(path: string): string | undefined {
  const candidates = [path, `${path}.js`, join(path, 'index.js')];
  return candidates.find((one) => one.endsWith('.js') && existsSync(one) && statSync(one).isFile());
}
