import { parseDuration } from '../../pipelines/units';
import { path } from '../api/client';
import type { ApiToken, List } from '../api/types';
import type { Command } from '../command';
import { usageError } from '../errors';
import { table } from '../format/table';
import { moment } from '../format/time';

/** What a token for programs that deliver usually needs. */
const USUAL = 'read,push,run';

export const tokenCreate: Command = {
  name: 'token create',
  summary: 'makes an API token for you, for a program',
  arguments: [{ name: 'NAME', help: 'to tell it from your others: a-z, 0-9 and "-"' }],
  options: {
    may: { value: 'ACTIONS', help: `what it may at most, with commas between (${USUAL}); docs/people.md lists them` },
    app: { value: 'APP', help: 'the only app that it is for' },
    expires: { value: 'TIME', help: 'when it ends by itself: 12h, 30d; at most 366d (90d)' },
  },
  details:
    'It never may more than you, and it can never approve once there are several people. It is shown once: only its ' +
    'hash is kept.',
  examples: ['gantry token create ci --may read,push --app storefront --expires 30d'],
  async run(input, { api }) {
    const [app, expires] = [input.option('app'), input.option('expires')];
    const made = await api.post<ApiToken & { token: string }>('/tokens', {
      name: input.argument('NAME'),
      may: (input.option('may') ?? USUAL).split(',').map((word) => word.trim()),
      ...(app === undefined ? {} : { app }),
      ...(expires === undefined ? {} : { livesMs: durationOf(expires) }),
    });
    const until = made.endsAt === null ? '' : ` until ${new Date(made.endsAt).toISOString().slice(0, 10)}`;
    return { json: made, text: `${made.token}\nThis is token "${made.name}"${until}. It is not shown again.` };
  },
};

function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw usageError(`--expires is "${text}", and it must be a time`, 'write it like 12h or 30d');
  return ms;
}

export const tokenList: Command = {
  name: 'token list',
  summary: 'lists your API tokens',
  arguments: [],
  options: {},
  async run(_input, { api, out, now }) {
    const list = await api.get<List<ApiToken>>('/tokens');
    const rows = list.items.map(({ name, may, app, endsAt, usedAt }) => [
      name,
      may === null ? 'all that you may' : may.join(','),
      app ?? 'all',
      endsAt === null ? 'never' : new Date(endsAt).toISOString().slice(0, 10),
      usedAt === null ? 'never' : moment(usedAt, now(), out.terminal),
    ]);
    return { json: list, text: table(['NAME', 'MAY', 'APP', 'ENDS', 'LAST USED'], rows) || 'You have no tokens.' };
  },
};

export const tokenRevoke: Command = {
  name: 'token revoke',
  summary: 'takes back one of your API tokens',
  arguments: [{ name: 'NAME', help: 'of the token (gantry token list)' }],
  options: {},
  async run(input, { api }) {
    const json = await api.post<{ revoked: string }>(path`/tokens/${input.argument('NAME')}/revoke`, {});
    return { json, text: `token "${json.revoked}" opens nothing any more` };
  },
};
