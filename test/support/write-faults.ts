/** Writes docs/faults.md anew: `node -r ts-node/register test/support/write-faults.ts`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FAULTS, type Fault } from './faults';

export const FAULTS_FILE = join(__dirname, '..', '..', 'docs', 'faults.md');
const TESTS = join(__dirname, '..');
const ROOT = join(TESTS, '..');

/** A test whose title names the faults that it proves: `… [F8]`. */
export interface Proof {
  faults: string[];
  /** What is tested, and what it does: the titles of its suites and its own. */
  title: string;
  /** Path in the repository. */
  file: string;
}

const TITLE = /^(\s*)(describe|it)\(\s*(['"`])(.*?)(?<!\\)\3,/;
const IDS = /\s*\[(F\d+)\]/g;

/** All tests below `test/` that name a fault, in the order of their files. */
export function findProofs(): Proof[] {
  const files = readdirSync(TESTS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return files.flatMap((file) => proofsIn(readFileSync(file, 'utf8'), relative(ROOT, file)));
}

/** @param text of a test file, formatted as all of them are: what is inside is indented further */
export function proofsIn(text: string, file: string): Proof[] {
  const suites: { depth: number; title: string }[] = [];
  const proofs: Proof[] = [];
  for (const line of joined(text).split('\n')) {
    const [, indent = '', kind, , raw = ''] = TITLE.exec(line) ?? [];
    if (kind === undefined) continue;
    const title = raw.replace(/\\(.)/g, '$1').replace(/\$\{[^}]*\}/g, '…');
    while ((suites.at(-1)?.depth ?? -1) >= indent.length) suites.pop();
    if (kind === 'describe') suites.push({ depth: indent.length, title });
    const faults = [...title.matchAll(IDS)].map(([, id = '']) => id);
    if (kind === 'it' && faults.length > 0) {
      const words = [...suites.map((suite) => suite.title), title].join(' ');
      proofs.push({ faults, file, title: words.replace(/\s*\[[A-Z]\d+\]/g, '') });
    }
  }
  return proofs;
}

/** Titles that the formatter has put on a line of their own. */
const joined = (text: string): string => text.replace(/\b(it|describe)\(\n\s*/g, '$1(');

/** The page. */
export function faultsText(proofs: readonly Proof[] = findProofs()): string {
  const rows = FAULTS.map((fault) => ({ fault, by: proofs.filter(({ faults }) => faults.includes(fault.id)) }));
  const proven = rows.filter(({ by }) => by.length > 0).length;
  const later = rows.filter(({ fault, by }) => by.length === 0 && fault.later !== undefined).length;
  return `# Faults

<!-- Made from the titles of tests by: node -r ts-node/register test/support/write-faults.ts -->

What Gantry lives through, and the tests that prove it: each makes the fault happen to real parts (processes, Redis,
disks, Docker, HAProxy) wherever that is possible. All of them are part of \`./gantry test\`.

Of ${FAULTS.length} faults ${proven} are proven and ${later} concern what does not exist yet.

| | fault | proven by |
|---|---|---|
${rows.map(({ fault, by }) => `| ${fault.id} | ${fault.what} | ${by.length === 0 ? unproven(fault) : by.map(proofText).join('<br>')} |`).join('\n')}
`;
}

const unproven = (fault: Fault): string => fault.later ?? '**no test yet**';

function proofText({ title, file }: Proof): string {
  const words = title.replace(/\|/g, '\\|').replace(/</g, '&lt;');
  return `[${words}](../${file})`;
}

if (require.main === module) writeFileSync(FAULTS_FILE, faultsText());
