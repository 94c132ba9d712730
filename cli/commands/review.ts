import { type Client, path } from '../api/client';
import type { BrokenGlass, List } from '../api/types';
import type { Command } from '../command';
import { usageError } from '../errors';
import { table } from '../format/table';
import type { Input } from '../input';

export const review: Command = {
  name: 'review',
  summary: 'lists gates that were opened in an emergency, or says whether one was rightly so',
  arguments: [
    { name: 'APP', help: 'name of the app; without it, what waits for a review is listed', optional: true },
    { name: 'RUN', help: 'number of the run', optional: true },
  ],
  options: {
    right: { help: 'it was right to open it' },
    wrong: { help: 'it was not' },
    reason: { value: 'TEXT', help: 'what was found' },
  },
  details:
    'Whoever breaks the glass alone is reviewed within 24 hours, by somebody who could have approved. Until then, ' +
    'and when it was never done, breaking it once more in that app takes two people.',
  examples: ['gantry review', 'gantry review storefront 3 --right --reason "INC-4711, the fix was looked at"'],
  run: async (input, { api, now }) => {
    if (input.optional('APP') !== undefined) return say(api, input);
    const list = await api.get<List<BrokenGlass>>('/reviews');
    const rows = list.items.map(({ app, run, step, by, reason, reviewDue }) => [
      `${app}#${run}`,
      ...[step, by, reason, dueIn(reviewDue, now())],
    ]);
    const text = rows.length === 0 ? 'nothing waits for a review' : table(['RUN', 'GATE', 'BY', 'WHY', 'DUE'], rows);
    return { json: list, text };
  },
};

async function say(api: Client, input: Input) {
  const [app, run, reason] = [input.argument('APP'), input.optionalNumber('RUN'), input.option('reason')];
  if (run === undefined) throw usageError('the run is missing', 'write: gantry review APP RUN --right --reason TEXT');
  if (input.flag('right') === input.flag('wrong')) throw usageError('say either --right or --wrong');
  if (reason === undefined) throw usageError('a review says what was found: --reason TEXT');
  const verdict = input.flag('right') ? 'right' : 'wrong';
  const json = await api.post<{ steps: string[] }>(path`/apps/${app}/runs/${run}/review`, { verdict, reason });
  return { json, text: `${app}#${run} ${json.steps.join(', ')}: reviewed, ${verdict}` };
}

function dueIn(due: number | null, now: number): string {
  if (due === null) return '';
  const hours = Math.round(Math.abs(due - now) / 3_600_000);
  return due < now ? `${hours} h too late` : `in ${hours} h`;
}
