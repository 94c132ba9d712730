import { path } from '../api/client';
import type { List, PlacedInstance } from '../api/types';
import type { ArgumentSpec, Command, OptionSpec } from '../command';
import { table } from '../format/table';
import type { Input } from '../input';

export const APP: ArgumentSpec = { name: 'APP', help: 'name of the app' };

/** How an instance is named; the commands that look into one have these in common. */
export const WHICH = {
  env: { value: 'PLACE', help: 'test, gray or production; default: production, if something stands there' },
  instance: {
    value: 'INSTANCE',
    help: 'its number in that place, or its name (gantry instance list); default: the first',
  },
} as const satisfies Record<string, OptionSpec>;

export const whichOf = (input: Input): { environment?: string; instance?: string } => {
  const [environment, instance] = [input.option('env'), input.option('instance')];
  return { ...(environment === undefined ? {} : { environment }), ...(instance === undefined ? {} : { instance }) };
};

export const instanceList: Command = {
  name: 'instance list',
  summary: 'lists the instances of an app, also failed ones that are kept for a look',
  arguments: [APP],
  options: {},
  async run(input, { api }) {
    const list = await api.get<List<PlacedInstance>>(path`/apps/${input.argument('APP')}/instances`);
    const rows = list.items.map(({ place, number, name, state, release, keptUntil }) => [
      place,
      String(number),
      name,
      state,
      `release ${release}`,
      keptUntil === null ? '' : new Date(keptUntil).toISOString(),
    ]);
    const text = table(['PLACE', 'N', 'NAME', 'STATE', 'RELEASE', 'KEPT UNTIL'], rows);
    return { json: list, text: text || 'Nothing stands. Push a commit: git push gantry main' };
  },
};

export const instanceRemove: Command = {
  name: 'instance remove',
  summary: 'lets go of a failed instance that is kept for a look',
  arguments: [APP, { name: 'INSTANCE', help: 'name of the instance' }],
  options: {},
  details: 'It would go by itself when its time is over. What serves is never removed this way.',
  async run(input, { api }) {
    const [app, name] = [input.argument('APP'), input.argument('INSTANCE')];
    const json = await api.post<unknown>(path`/apps/${app}/instances/${name}/remove`, {});
    return { json, text: `${name} is let go; it is removed within seconds` };
  },
};
