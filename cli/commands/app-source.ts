import { path } from '../api/client';
import type { App, Extras } from '../api/types';
import type { Command } from '../command';
import { usageError } from '../errors';
import type { Input } from '../input';

const NAMES = ['submodules'] as const;

/** Undefined when it is not spoken of. */
function switchOf(input: Input, name: (typeof NAMES)[number]): boolean | undefined {
  const word = input.option(name);
  if (word === undefined) return undefined;
  if (word !== 'on' && word !== 'off') throw usageError(`--${name} is on or off`, `--${name} on`);
  return word === 'on';
}

const tell = (app: string, extras: readonly string[]): string =>
  NAMES.map((name) => `${name} of ${app}: ${extras.includes(name) ? 'fetched' : 'left out'}`).join('\n');

export const appSource: Command = {
  name: 'app source',
  summary: 'says what is fetched beside the commits of an app; shows it',
  arguments: [{ name: 'APP', help: 'name of the app' }],
  options: {
    submodules: {
      value: 'on|off',
      help: "its submodules, from the host of its source and with its source's key or token",
    },
  },
  details:
    'A commit can only name what it wants, and whoever pushes writes it; so nothing is fetched unless it is turned on ' +
    'here. Whatever the token or key of the source may read can then be named by a commit.',
  examples: ['gantry app source storefront', 'gantry app source storefront --submodules on'],
  async run(input, { api }) {
    const app = input.argument('APP');
    const wanted = NAMES.flatMap((name): [string, boolean][] => {
      const on = switchOf(input, name);
      return on === undefined ? [] : [[name, on]];
    });
    if (wanted.length > 0) {
      const json = await api.post<Extras>(path`/apps/${app}/source/extras`, Object.fromEntries(wanted));
      return { json, text: tell(app, json.extras) };
    }
    const { source } = await api.get<App>(path`/apps/${app}`);
    const json: Extras = { app, extras: source?.extras ?? [] };
    return { json, text: source === null ? `${app} is fetched from nowhere` : tell(app, json.extras) };
  },
};
