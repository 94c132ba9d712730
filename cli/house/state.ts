import { linkSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf, failure } from '../errors';
import { makeFolder, PRIVATE_FILE, readJson, removeFile, writePrivate } from '../processes/files';
import { commandOf, identify, isRunning, type ProcessIdentity, startOf } from '../processes/identity';
import type { Front } from './front';

/** What runs for this folder, written by the supervisor at each change: `run/up.json`. */
export interface UpState extends Front {
  supervisor: ProcessIdentity;
  url: string;
  /** `host:port` of the gateway. */
  gateway: string;
  dummy: boolean;
  ready: boolean;
  /** Of the program that runs; absent where an older Gantry wrote it. */
  root?: string;
  version?: string;
  children: { name: string; identity: ProcessIdentity }[];
}

const runFolder = (home: string): string => join(home, 'run');
const upFile = (home: string): string => join(runFolder(home), 'up.json');

export const readUpState = (home: string): UpState | undefined => readJson<UpState>(upFile(home));

/** The same, of a supervisor that runs. */
export function readRunning(home: string): UpState | undefined {
  const state = readUpState(home);
  return state !== undefined && isRunning(state.supervisor) ? state : undefined;
}

/** Two that claim at the same moment see each other's file after this long. */
const SETTLE_MS = 30;

/**
 * Makes this process the folder's one supervisor.
 *
 * @returns the state that a killed supervisor left, if there was one
 * @throws CommandError `already-running`
 */
export async function claimFolder(home: string, state: UpState): Promise<UpState | undefined> {
  makeFolder(runFolder(home));
  const mine = `${upFile(home)}.${process.pid}`;
  const left = readUpState(home);
  if (left !== undefined && isRunning(left.supervisor)) throw alreadyRunning(left);
  removeFile(upFile(home));
  writeFileSync(mine, JSON.stringify(state), { mode: PRIVATE_FILE });
  try {
    linkSync(mine, upFile(home));
  } catch (error) {
    // Another one was faster, which the look below finds.
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    removeFile(mine);
  }
  await wait(SETTLE_MS);
  const now = readUpState(home);
  if (now === undefined || now.supervisor.pid !== state.supervisor.pid) throw alreadyRunning(now ?? state);
  return left;
}

const alreadyRunning = (state: UpState): Error =>
  failure(
    'already-running',
    `Gantry runs already in this folder, at ${state.url} (process ${state.supervisor.pid})`,
    'stop it: ./gantry down',
  );

export function writeUpState(home: string, state: UpState): void {
  writePrivate(upFile(home), `${JSON.stringify(state)}\n`);
}

export function forgetUpState(home: string): void {
  removeFile(upFile(home));
}

/** Children that still run though their supervisor is gone. */
export const orphansOf = (state: UpState): UpState['children'] =>
  state.children.filter(({ identity }) => isRunning(identity));

export interface StateFile {
  file: string;
  /** `web-1`, `runner-2`: with the number of the process. */
  name: string;
  pid: number;
  /** The process that wrote the file, if it still runs. */
  identity: ProcessIdentity | undefined;
}

/** What each kind of process has in its command line. */
const WORD_OF: readonly (readonly [pattern: RegExp, word: RegExp])[] = [
  [/^web-/, /\bweb\/main\b/],
  [/^runner-/, /\brunners\/main\b/],
  [/^redis$/, /\bredis-server\b/],
];
/** Clocks of files and processes differ by a little. */
const CLOCK_SLACK_MS = 2_000;

/** The state files that processes of this folder wrote, each with its process. The supervisor's own is not among them. */
export function stateFiles(home: string): StateFile[] {
  return namesIn(runFolder(home)).flatMap((entry) => {
    const file = join(runFolder(home), entry);
    const name = entry.replace(/\.json$/, '');
    const word = WORD_OF.find(([pattern]) => pattern.test(name))?.[1];
    const pid = readJson<{ pid?: number }>(file)?.pid;
    if (word === undefined || typeof pid !== 'number') return [];
    return [{ file, name, pid, identity: writerOf(file, pid, word) }];
  });
}

/** The number may belong to another process by now: its start must lie before the file, and its words must fit. */
function writerOf(file: string, pid: number, word: RegExp): ProcessIdentity | undefined {
  const identity = identify(pid);
  if (identity === undefined || !word.test(commandOf(pid))) return undefined;
  const start = startOf(identity);
  if (start === undefined || start > statSync(file).mtimeMs + CLOCK_SLACK_MS) return undefined;
  return identity;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'up.json');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
