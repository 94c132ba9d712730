import { type Client, path } from '../api/client';
import { RUN_STATE_NAMES, type RunList, type RunSummary } from '../api/types';
import type { Command } from '../command';
import { usageError } from '../errors';
import { runTable } from '../format/house';
import type { Input } from '../input';
import { momentOf } from '../moment';

const LIMIT = 20;
const LIMIT_MAX = 10_000;
/** One answer of the API holds at most so many. */
const PAGE = 200;

export const runList: Command = {
  name: 'run list',
  summary: 'lists runs, newest first',
  arguments: [{ name: 'APP', help: 'name of the app; all apps when left out', optional: true }],
  options: {
    app: { value: 'APP', help: 'the same as the argument' },
    state: { value: 'STATE', help: 'only these, with commas between: failed,cancelled' },
    since: { value: 'WHEN', help: 'begun since then: 2h, 7d, 2026-11-30, 2026-11-30T08:00Z' },
    mine: { help: 'only what you pushed, rolled back or undid' },
    limit: { value: 'N', help: `how many at most (${LIMIT})` },
  },
  details:
    `The states: ${RUN_STATE_NAMES.join(', ')}. With --json: {"version":1,"items":[…],"next":…}, whose shape ` +
    'stays as it is for as long as version does; see docs/api.md.',
  examples: ['gantry run list storefront --state failed --since 7d', 'gantry run list --mine --json'],
  async run(input, { api, out, now }) {
    const wanted = filterOf(input, now());
    const list = await pages(api, wanted, input.count('limit', LIMIT, LIMIT_MAX));
    const nothing = wanted.isFiltered ? 'No such run.' : 'No runs yet. Push a commit: git push gantry main';
    return { json: list, text: runTable(out, list.items, now()) || nothing };
  },
};

interface Filter {
  app: string | undefined;
  /** Of the query, without `limit` and `before`. */
  terms: [name: string, value: string][];
  isFiltered: boolean;
}

function filterOf(input: Input, now: number): Filter {
  const [argument, option] = [input.optional('APP'), input.option('app')];
  if (argument !== undefined && option !== undefined && argument !== option) {
    throw usageError(`the app is "${argument}", and "${option}" as well`, 'name one');
  }
  const state = input.option('state');
  const since = input.option('since');
  const terms: Filter['terms'] = [
    ...(state === undefined ? [] : ([['state', checkedStates(state)]] as Filter['terms'])),
    ...(since === undefined ? [] : ([['since', String(momentOf('since', since, now))]] as Filter['terms'])),
    ...(input.flag('mine') ? ([['mine', '1']] as Filter['terms']) : []),
  ];
  return { app: argument ?? option, terms, isFiltered: terms.length > 0 };
}

function checkedStates(text: string): string {
  const unknown = text.split(',').find((state) => !RUN_STATE_NAMES.includes(state as never));
  if (unknown === undefined) return text;
  throw usageError(`--state has "${unknown}", which is no state of a run`, `there are ${RUN_STATE_NAMES.join(', ')}`);
}

/** As many pages as are needed for `limit` runs, as one list. */
async function pages(api: Client, { app, terms }: Filter, limit: number): Promise<RunList> {
  const items: RunSummary[] = [];
  const from = app === undefined ? '/runs' : path`/apps/${app}/runs`;
  for (let before: [string, string][] = []; ; ) {
    const size = Math.min(PAGE, limit - items.length);
    const page = await api.get<RunList>(
      `${from}?${new URLSearchParams([['limit', String(size)], ...terms, ...before])}`,
    );
    items.push(...page.items);
    if (page.next === null || items.length >= limit) return { ...page, items };
    before = [['before', page.next]];
  }
}
