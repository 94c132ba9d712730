import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const TESTS = join(__dirname, '..');
const ROOT = join(TESTS, '..');

/** Faults (`[F8]`) and attacks (`[S8]`): what a test proves is named at the end of its title. */
export type Letter = 'F' | 'S';

/** A test whose title names what it proves. */
export interface Proof {
  ids: string[];
  /** What is tested, and what it does: the titles of its suites and its own. */
  title: string;
  /** Path in the repository. */
  file: string;
}

const TITLE = /^(\s*)(describe|it)\(\s*(['"`])(.*?)(?<!\\)\3,/;

/** All tests below `test/` that name one with this letter, in the order of their files. */
export function findProofs(letter: Letter): Proof[] {
  const files = readdirSync(TESTS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return files.flatMap((file) => proofsIn(readFileSync(file, 'utf8'), relative(ROOT, file), letter));
}

/** @param text of a test file, formatted as all of them are: what is inside is indented further */
export function proofsIn(text: string, file: string, letter: Letter): Proof[] {
  const suites: { depth: number; title: string }[] = [];
  const proofs: Proof[] = [];
  for (const line of joined(text).split('\n')) {
    const [, indent = '', kind, , raw = ''] = TITLE.exec(line) ?? [];
    if (kind === undefined) continue;
    const title = raw.replace(/\\(.)/g, '$1').replace(/\$\{[^}]*\}/g, '…');
    while ((suites.at(-1)?.depth ?? -1) >= indent.length) suites.pop();
    if (kind === 'describe') suites.push({ depth: indent.length, title });
    const ids = [...title.matchAll(/\s*\[([A-Z]\d+)\]/g)].map(([, id = '']) => id).filter((id) => id[0] === letter);
    if (kind === 'it' && ids.length > 0) {
      const words = [...suites.map((suite) => suite.title), title].join(' ');
      proofs.push({ ids, file, title: words.replace(/\s*\[[A-Z]\d+\]/g, '') });
    }
  }
  return proofs;
}

/** Titles that the formatter has put on a line of their own. */
const joined = (text: string): string => text.replace(/\b(it|describe)\(\n\s*/g, '$1(');

/** Links to the tests, for a cell of a table. */
export const proofsText = (proofs: readonly Proof[]): string => proofs.map(proofText).join('<br>');

function proofText({ title, file }: Proof): string {
  const words = title.replace(/\|/g, '\\|').replace(/</g, '&lt;');
  return `[${words}](../${file})`;
}
