import { formatShare } from '../../pipelines/units';
import { path } from '../api/client';
import { followRun } from '../api/follow';
import type { Gray, GrayExplained } from '../api/types';
import type { Command } from '../command';
import { failure, usageError } from '../errors';
import { release, rulesOf, runName } from '../format/house';
import { facts } from '../format/table';
import { moment } from '../format/time';
import type { Input } from '../input';
import { APP } from './run';

export const graySet: Command = {
  name: 'gray set',
  summary: "changes how much of an app's traffic meets the gray release, and who meets it always",
  arguments: [APP, { name: 'SHARE', help: 'a percentage from 0% to 100% in steps of 0.01%: 5%, 0.25%' }],
  options: {
    header: {
      value: 'NAME=VALUE',
      many: true,
      help: 'requests with this header meet gray; "*" at the end: the value begins so; a VALUE alone is of X-Gray',
    },
    cookie: {
      value: 'NAME=VALUE',
      many: true,
      help: 'requests with this cookie meet gray, as above; a VALUE alone is of the cookie gray',
    },
    user: { value: 'NAME', many: true, help: 'this user meets gray; wants "identity" in gantry.yml' },
    'clear-rules': { help: 'ends the rules that are; the new ones take their place' },
    'no-wait': { help: 'returns when the change is accepted, not when it is made' },
  },
  details:
    'Whoever met gray before meets it still while the share grows. Rules are added to those that are; any of them is ' +
    'enough. docs/gray.md tells how one request is decided.',
  examples: [
    'gantry gray set storefront 25%',
    'gantry gray set storefront 0.01% --header X-Team=qa --cookie beta=v2-* --user alice',
    'gantry gray set storefront 0% --clear-rules',
  ],
  async run(input, { api }) {
    const app = input.argument('APP');
    const rules = [...valueRules(input, 'header', 'X-Gray'), ...valueRules(input, 'cookie', 'gray')];
    const set = await api.post<{ run: number; share: number }>(path`/apps/${app}/gray`, {
      share: input.share('SHARE'),
      ...(input.flag('clear-rules') ? { clear: true } : {}),
      ...(rules.length > 0 ? { rules } : {}),
      ...(input.all('user').length > 0 ? { users: input.all('user') } : {}),
    });
    if (input.flag('no-wait')) {
      return { json: set, text: `${app}: ${formatShare(set.share)} of the traffic meets gray soon (run #${set.run})` };
    }
    const run = await followRun(api, app, set.run, () => 'go on');
    if (run.state !== 'succeeded') {
      const reason = `the share was not changed: ${runName(run)} ${run.state}: ${run.reason}`;
      throw failure('share-failed', reason, `see: gantry run show ${app} ${set.run}`);
    }
    // What is, not what was asked for: a run may have gone on meanwhile.
    const { share } = await api.get<Gray>(path`/apps/${app}/gray`);
    const log =
      share === set.share ? '' : `, not ${formatShare(set.share)}: gantry run logs ${app} ${set.run} tells why`;
    const text = `${app}: ${formatShare(share)} of the traffic meets gray${log || ` (run #${set.run})`}`;
    return { json: { ...set, share, state: run.state }, text };
  },
};

/** `X-Team=qa`, `X-Team=qa*`, `qa`. */
function valueRules(input: Input, kind: 'header' | 'cookie', usual: string) {
  return input.all(kind).map((text) => {
    const equal = text.indexOf('=');
    const [name, wanted] = equal < 0 ? [usual, text] : [text.slice(0, equal), text.slice(equal + 1)];
    const begins = wanted.endsWith('*');
    const value = begins ? wanted.slice(0, -1) : wanted;
    if (name === '' || value === '') {
      throw usageError(`--${kind} is "${text}", and it must be NAME=VALUE`, 'to end rules, write --clear-rules');
    }
    return { kind, name, match: begins ? 'startsWith' : 'equals', value } as const;
  });
}

export const grayShow: Command = {
  name: 'gray show',
  summary: 'shows which release is gray, who meets it, since when and by whose word',
  arguments: [APP],
  options: {},
  async run(input, { api, now, out }) {
    const gray = await api.get<Gray>(path`/apps/${input.argument('APP')}/gray`);
    if (gray.gray === null) return { json: gray, text: `${gray.app} has no gray release now.` };
    const { share, requests } = { ...gray.measured };
    const text = facts([
      ['gray', release(gray.gray)],
      ['stable', release(gray.stable)],
      ['share', formatShare(gray.share)],
      ['measured', share === null ? 'no requests in the last minute' : `${formatShare(share)} of ${requests} requests`],
      ['always', rulesOf(gray.rules)],
      ['users', gray.identity === null ? '' : `known by the header ${gray.identity}`],
      ['salt', gray.salt],
      ['since', gray.since === null ? '' : moment(gray.since, now(), out.terminal)],
      ['by', gray.by?.replace(/^user:/, '') ?? ''],
    ]);
    return { json: gray, text };
  },
};

export const grayExplain: Command = {
  name: 'gray explain',
  summary: 'tells which release a visitor meets, and why',
  arguments: [APP],
  options: {
    cookie: { value: 'NAME=VALUE', many: true, help: 'a cookie of the visitor; a VALUE alone is of gantry_id' },
    user: { value: 'NAME', help: 'the user that the login proxy names' },
    header: { value: 'NAME=VALUE', many: true, help: 'a header of the request' },
    address: { value: 'ADDRESS', help: 'where the request comes from' },
  },
  details: 'Computed from the records by the same rules that the gateway follows; no request is sent.',
  examples: [
    'gantry gray explain storefront --user alice',
    'gantry gray explain storefront --header X-User=alice --address 10.1.2.3',
    'gantry gray explain storefront --cookie 7f0a94c2-8f43-4d8e-9a51-3b6f0c2d1e5a',
  ],
  async run(input, { api }) {
    const [user, address] = [input.option('user'), input.option('address')];
    const told = await api.post<GrayExplained>(path`/apps/${input.argument('APP')}/gray/explain`, {
      headers: input.all('header').map(headerOf),
      cookies: input.all('cookie'),
      ...(user === undefined ? {} : { user }),
      ...(address === undefined ? {} : { address }),
    });
    const met = told.release === null ? 'it is a matter of chance' : `meets ${release(told.release)} (${told.role})`;
    return { json: told, text: [`${told.host}: ${met}`, ...told.sentences.map((line) => `  ${line}`)].join('\n') };
  },
};

function headerOf(text: string): { name: string; value: string } {
  const equal = text.indexOf('=');
  if (equal < 1) throw usageError(`--header is "${text}", and it must be NAME=VALUE`);
  return { name: text.slice(0, equal), value: text.slice(equal + 1) };
}
