import { type Client, path, textOf } from '../api/client';
import {
  type App,
  type List,
  type PlacedInstance,
  type Release,
  ROLE_NAMES,
  RUN_STATE_NAMES,
  type Run,
  type RunSummary,
  type Team,
  type User,
} from '../api/types';
import type { Command } from '../command';
import { harmless } from '../output';
import type { Candidate, Wanted } from './complete';
import { SHELLS } from './scripts';

/** Tells the shell to complete names of files itself. */
export const FILES = ':files';

/** Nobody waits longer for a key. */
const LIMIT_MS = 120;
const RUNS_SHOWN = 20;

type Given = Readonly<Record<string, string>>;
type Find = (ask: Ask, given: Given) => Promise<Candidate[]>;
type Ask = <T>(path: string) => Promise<T>;

/** By the names of values in the table of commands. A value that is not here is free text. */
const DYNAMIC: Readonly<Record<string, Find>> = {
  APP: async (ask) => (await ask<List<App>>('/apps')).items.map(({ name }) => word(name)),
  RUN: async (ask, { APP = '' }) =>
    (await ask<List<RunSummary>>(path`/apps/${APP}/runs?limit=${RUNS_SHOWN}`)).items.map(({ number, state, title }) =>
      word(String(number), `${state} ${title}`.trim()),
    ),
  STEP: async (ask, { APP = '', RUN }) =>
    (await ask<Run>(path`/apps/${APP}/runs/${RUN?.replace(/^#/, '') ?? (await newest(ask, APP))}`)).steps.map((step) =>
      word(step.name, step.state),
    ),
  PLACE: async (ask, { APP = '' }) => {
    const { environments } = await ask<App>(path`/apps/${APP}`);
    return [...environments.map(({ name }) => name), 'gray'].map((name) => word(name));
  },
  INSTANCE: async (ask, { APP = '' }) =>
    (await ask<List<PlacedInstance>>(path`/apps/${APP}/instances`)).items.map(({ name, place, number, state }) =>
      word(name, `${number} in ${place}, ${state}`),
    ),
  USER: async (ask) => (await ask<List<User>>('/users')).items.map(({ name }) => word(name)),
  TEAM: async (ask) => (await ask<List<Team>>('/teams')).items.map(({ name }) => word(name)),
  RELEASE: async (ask, { APP = '' }) =>
    (await ask<List<Release>>(path`/apps/${APP}/releases`)).items.map(({ number, state }) =>
      word(String(number), state),
    ),
};

const word = (value: string, about = ''): Candidate => ({ value, about });

async function newest(ask: Ask, app: string): Promise<number> {
  return (await ask<List<RunSummary>>(path`/apps/${app}/runs?limit=1`)).items[0]?.number ?? 0;
}

/** Names of values that are known without asking anybody. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  SHELL: SHELLS,
  STATE: RUN_STATE_NAMES,
  ROLE: ROLE_NAMES,
};
const ARE_FILES = ['FILE', 'FOLDER'];

/**
 * The candidates, one a line, with what they are about after a tab; or `:files`. Quiet whatever happens: a key that
 * completes nothing is better than one that writes an error into somebody's command.
 */
export async function candidatesFor(
  wanted: Wanted,
  typed: string,
  commands: readonly Command[],
  api: () => Client,
): Promise<string> {
  if (wanted.kind === 'value' && ARE_FILES.includes(wanted.name)) return FILES;
  const found = wanted.kind === 'words' ? wanted.words : await valuesOf(wanted, commands, api);
  return found
    .filter(({ value }) => value.startsWith(typed))
    .map(({ value, about }) => `${value}\t${harmless(about.split('\n', 1)[0] ?? '')}`)
    .join('\n');
}

async function valuesOf(
  { name, given }: Extract<Wanted, { kind: 'value' }>,
  commands: readonly Command[],
  api: () => Client,
): Promise<Candidate[]> {
  const fixed = FIXED[name] ?? (name === name.toLowerCase() ? [name] : undefined);
  if (fixed !== undefined) return fixed.map((value) => word(value));
  // `help` takes a command of ours; whatever takes one after an app (`shell`) takes one of the app's.
  if (name === 'COMMAND' && given.APP === undefined) {
    return [...new Set(commands.map((command) => command.name.split(' ')[0] ?? ''))].map((first) => word(first));
  }
  const find = DYNAMIC[name];
  if (find === undefined) return [];
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    const client = api();
    return await find(async (at) => JSON.parse(await textOf(await client.stream(at, { signal }))), given);
  } catch {
    // Gantry is down, or wants a token: whoever types will hear about it from the command itself.
    return [];
  }
}
