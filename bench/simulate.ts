/** Plays simulated histories with faults and looks at every invariant after every command; with planted bugs, too. */
import { spawn, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { cliSettings } from '../settings';
import { runBench, type Workshop } from './support/bench';
import type { Figure } from './support/figures';
import { HISTORY_COMMANDS } from './support/simulated';

const HISTORIES = 10_000;
/** Processes that play at the same time. */
const PLAYERS = 2;
const LIMIT_MS = 1_800_000;
/** Exit status of a simulator that has found something. */
const FOUND = 1;
const DAY_MS = 86_400_000;
/** Seeds of one day lie so far from those of the next one. */
const SEEDS_A_DAY = 100_000;

/** Histories make much that is garbage at once: collected seldom, it costs a fiftieth less. */
const ROOMY = ['--max-semi-space-size=64'];
/** The simulator runs from its sources, beside the tests: it is no part of the program. */
const ROOT = join(__dirname, '..', '..');
const simulator = (file: string): string[] => [...ROOMY, '-r', 'ts-node/register', join('test', 'simulator', file)];

/** What a player says at its end. */
interface Told {
  histories: number;
  commands: number;
  invariants: number;
  finding?: { seed: number; invariant: string; what: string };
}

async function measure({ settings, say }: Workshop): Promise<Figure[]> {
  const first = Math.floor(Date.now() / DAY_MS) * SEEDS_A_DAY;
  say(`seeds from ${first} on`);
  const began = performance.now();
  const share = HISTORIES / PLAYERS;
  const played = await Promise.all(
    Array.from({ length: PLAYERS }, (_, i) => play(settings.environment, first + i * share, share)),
  );
  const seconds = (performance.now() - began) / 1000;
  for (const { finding } of played)
    if (finding !== undefined) say(`seed ${finding.seed}: ${finding.invariant}: ${finding.what}`);
  const planted = JSON.parse(await run(settings.environment, ['mutants/main.ts', '--json'])) as Planted;
  for (const { id, by } of planted.hunted) if (by === undefined) say(`planted and not found: ${id}`);
  const sum = (figure: (told: Told) => number): number => played.reduce((all, told) => all + figure(told), 0);
  return [
    { name: 'histories', value: sum(({ histories }) => histories), goal: { atLeast: HISTORIES } },
    { name: 'commands', value: sum(({ commands }) => commands), goal: { atLeast: HISTORIES * HISTORY_COMMANDS } },
    { name: 'seconds', value: seconds, goal: { atMost: 180 } },
    {
      name: 'invariants_checked',
      value: Math.min(...played.map(({ invariants }) => invariants)),
      goal: { atLeast: 40 },
    },
    { name: 'violations', value: sum(({ finding }) => (finding === undefined ? 0 : 1)), goal: { atMost: 0 } },
    { name: 'planted_found', value: planted.planted_found, goal: { atLeast: planted.planted } },
    { name: 'planted', value: planted.planted, goal: { atLeast: 30 } },
  ];
}

interface Planted {
  planted: number;
  planted_found: number;
  hunted: { id: string; by?: string }[];
}

async function play(environment: NodeJS.ProcessEnv, seed: number, histories: number): Promise<Told> {
  const words = ['--seed', seed, '--histories', histories, '--json', '--whole'].map(String);
  return JSON.parse(await run(environment, ['main.ts', ...words])) as Told;
}

/** @returns what it says; that it found something is no failure of the program */
function run(environment: NodeJS.ProcessEnv, [file = '', ...words]: string[]): Promise<string> {
  const child = spawn(process.execPath, [...simulator(file), ...words], {
    cwd: ROOT,
    env: { ...environment, TS_NODE_TRANSPILE_ONLY: 'true' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0 || code === FOUND) resolve(text);
      else reject(new Error(`the simulator (${file}) ended with ${signal ?? code}`));
    });
  });
}

/** `bench simulate --seed S [--histories N] [--replay FILE]`: one seed again, in words, with the fewest commands. */
function again(words: readonly string[]): void {
  const environment = { ...cliSettings().environment, TS_NODE_TRANSPILE_ONLY: 'true' };
  // The file is named from where the person stands.
  const named = words.map((word, i) => (words[i - 1] === '--replay' ? resolve(word) : word));
  const { status } = spawnSync(process.execPath, [...simulator('main.ts'), ...named], {
    cwd: ROOT,
    env: environment,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}

const words = process.argv.slice(2);
if (words.includes('--seed')) again(words);
else void runBench('simulate', measure);
