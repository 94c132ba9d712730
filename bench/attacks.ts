/** Tries the attacks of docs/attacks.md with the programs that attackers use, and counts those that Gantry withstood. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runBench, type Workshop } from './support/bench';
import type { Figure } from './support/figures';
import { runProgram } from './support/program';

const LIMIT_MS = 45 * 60_000;
/** At the end of a title: what the test tries. */
const ATTACK = /\[(S\d+)\]/g;

interface Tested {
  fullTitle: string;
  file: string;
}

/** What mocha's JSON reporter writes, as far as it is read here. */
interface Report {
  passes: Tested[];
  failures: (Tested & { err: { message?: string } })[];
  pending: Tested[];
}

async function measure({ settings, folder, say }: Workshop): Promise<Figure[]> {
  const { root } = settings;
  const files = filesWithAttacks(join(root, 'test'));
  say(`${files.length} files of tests try something`);
  const output = join(folder, 'report.json');
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const how = ['--reporter', 'json', '--reporter-option', `output=${output}`, '--grep', '\\[S\\d+\\]'];
  const environment = { ...settings.environment, TS_NODE_TRANSPILE_ONLY: 'true' };
  // That some were not withstood is told by the report; without one nothing is known.
  const ended = await runProgram(process.execPath, [mocha, ...how, ...files], {
    ...{ folder: root, environment, limitMs: LIMIT_MS },
  }).catch((error: unknown) => error);
  const report = read(output) ?? rethrow(ended);
  for (const { fullTitle, err } of report.failures) say(`NOT HELD: ${fullTitle}: ${err.message ?? ''}`);
  for (const { fullTitle } of report.pending) say(`not tried here: ${fullTitle}`);
  const broken = new Set(report.failures.flatMap(attacksOf));
  const tried = new Set([...report.passes, ...report.failures].flatMap(attacksOf));
  const held = [...tried].filter((id) => !broken.has(id));
  return [
    { name: 'tests', value: report.passes.length + report.failures.length },
    { name: 'skipped', value: report.pending.length },
    { name: 'tried', value: tried.size },
    { name: 'held', value: held.length, goal: { atLeast: tried.size } },
    { name: 'failed', value: report.failures.length, goal: { atMost: 0 } },
  ];
}

function filesWithAttacks(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => new RegExp(ATTACK).test(readFileSync(file, 'utf8')))
    .sort();
}

const attacksOf = ({ fullTitle }: Tested): string[] => [...fullTitle.matchAll(ATTACK)].map(([, id = '']) => id);

function read(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    // It was never written: mocha itself says why.
    return undefined;
  }
}

function rethrow(reason: unknown): never {
  throw reason instanceof Error ? reason : new Error('mocha ended without a report');
}

void runBench('attacks', measure);
