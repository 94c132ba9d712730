import { parseDuration } from '../../pipelines/units';
import { path } from '../api/client';
import type { Freeze, List } from '../api/types';
import type { Command, OptionSpec } from '../command';
import { usageError } from '../errors';
import { table } from '../format/table';
import type { Input } from '../input';
import { momentOf } from '../moment';

const WHICH: Record<string, OptionSpec> = { app: { value: 'APP', help: 'only this app; all apps when left out' } };

export const freezeBegin: Command = {
  name: 'freeze begin',
  summary: 'lets nothing change in gray and production for a while',
  arguments: [],
  options: {
    ...WHICH,
    until: { value: 'TIME', help: 'when it ends: 2026-12-27T08:00, or how long it lasts: 8h, 3d' },
    reason: { value: 'TEXT', help: 'why; whoever waits reads it' },
  },
  details: 'Steps that would change what visitors meet wait until it ends. Going back is never held.',
  examples: ['gantry freeze begin --app storefront --until 3d --reason "quarterly close"'],
  run: async (input, { api, now }) => {
    const [app, reason] = [input.option('app'), input.option('reason')];
    if (reason === undefined) throw usageError('a freeze says why: --reason TEXT');
    const to = app === undefined ? '/freezes' : path`/apps/${app}/freezes`;
    const json = await api.post<Freeze>(to, { until: untilOf(input, now()), reason });
    return { json, text: `${app ?? 'all apps'}: frozen until ${new Date(json.until).toISOString()}` };
  },
};

function untilOf(input: Input, now: number): number {
  const text = input.option('until');
  if (text === undefined) throw usageError('a freeze ends some time: --until TIME');
  const lasts = parseDuration(text);
  return lasts === null ? momentOf('until', text, now) : now + lasts;
}

export const freezeEnd: Command = {
  name: 'freeze end',
  summary: 'ends the freezes of an app, or those of all apps, before their time',
  arguments: [],
  options: WHICH,
  run: async (input, { api }) => {
    const app = input.option('app');
    const to = app === undefined ? '/freezes/end' : path`/apps/${app}/freezes/end`;
    const json = await api.post<{ ended: number }>(to, {});
    return { json, text: `${app ?? 'all apps'}: ${json.ended} ended` };
  },
};

export const freezeList: Command = {
  name: 'freeze list',
  summary: 'lists the freezes in force',
  arguments: [],
  options: {},
  run: async (_input, { api }) => {
    const list = await api.get<List<Freeze>>('/freezes');
    const rows = list.items.map(({ app, until, reason, begunBy }) => [
      app ?? 'all apps',
      new Date(until).toISOString(),
      ...[reason, begunBy.replace(/^user:/, '')],
    ]);
    const text = rows.length === 0 ? 'nothing is frozen' : table(['APP', 'UNTIL', 'WHY', 'BY'], rows);
    return { json: list, text };
  },
};
