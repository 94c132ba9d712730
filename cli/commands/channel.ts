import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../api/client';
import { path } from '../api/client';
import type { Channel, List } from '../api/types';
import type { Command } from '../command';
import { CommandError, EXIT, usageError } from '../errors';
import { facts, table } from '../format/table';
import { moment } from '../format/time';

const NAME = { name: 'NAME', help: 'name of the channel (gantry channel list)' };
const KINDS = 'email, webhook, slack, dingtalk, wecom, feishu';
const EVENTS = 'failed, approval, rejected, emergency, gray, released, rolled-back';

export const channelAdd: Command = {
  name: 'channel add',
  summary: 'adds a channel by which people are told what happens',
  arguments: [{ name: 'NAME', help: 'to tell it from others: a-z, 0-9 and "-"' }],
  options: {
    kind: { value: 'KIND', help: KINDS },
    to: { value: 'ADDRESS', help: 'where it is; mail addresses have commas between' },
    'to-stdin': { help: 'reads the address from standard input: one that is a secret does not belong in a command' },
    'secret-stdin': { help: 'reads what is signed with from standard input (dingtalk, feishu, webhook)' },
    app: { value: 'APP', help: 'the only app that it is told of' },
    on: { value: 'EVENTS', help: `what it is told of, with commas between (all of them): ${EVENTS}` },
  },
  details:
    'The address is kept sealed and never shown whole again. A webhook without a secret gets one, which is shown once. ' +
    'With --to-stdin and --secret-stdin the address is the first line. What each kind is: docs/notifications.md.',
  examples: [
    'gantry channel add ops-mail --kind email --to ops@bank.example --on failed,approval',
    'gantry channel add ops-chat --kind dingtalk --to-stdin --secret-stdin --app storefront',
  ],
  async run(input, context) {
    const kind = input.option('kind');
    if (kind === undefined) throw usageError('which kind of channel?', `say it: --kind ${KINDS.replaceAll(', ', '|')}`);
    const wanted = ['to', 'secret'].filter((name) => input.flag(`${name}-stdin`));
    const lines = wanted.length === 0 ? [] : await context.lines();
    if (lines.length !== wanted.length) {
      throw usageError(`standard input has ${lines.length} lines, and ${wanted.join(' and ')} are a line each`);
    }
    const given = Object.fromEntries(wanted.map((name, i) => [name, lines[i]]));
    const to = given.to ?? input.option('to');
    if (to === undefined) throw usageError('where is it?', 'say it: --to ADDRESS, or --to-stdin');
    const [app, on] = [input.option('app'), input.option('on')];
    const made = await context.api.post<{ name: string; secret: string | null }>('/channels', {
      ...given,
      name: input.argument('NAME'),
      kind,
      to,
      ...(app === undefined ? {} : { app }),
      ...(on === undefined ? {} : { on: on.split(',').map((word) => word.trim()) }),
    });
    const secret = made.secret === null ? '' : `\nIt signs with this secret, which is shown only now: ${made.secret}`;
    return { json: made, text: `${made.name} is told from now on. Try it: gantry channel test ${made.name}${secret}` };
  },
};

export const channelList: Command = {
  name: 'channel list',
  summary: 'lists the channels by which people are told',
  arguments: [],
  options: {},
  async run(_input, { api }) {
    const list = await api.get<List<Channel>>('/channels');
    const rows = list.items.map(({ name, kind, app, on, to, waiting, trouble }) => [
      name,
      kind,
      app ?? 'all',
      on.join(','),
      to,
      String(waiting),
      trouble,
    ]);
    const text = table(['NAME', 'KIND', 'APP', 'ON', 'TO', 'WAITING', 'TROUBLE'], rows);
    return { json: list, text: text || 'Nobody is told. Say who: gantry channel add NAME --kind KIND --to ADDRESS' };
  },
};

export const channelShow: Command = {
  name: 'channel show',
  summary: 'shows what waits for a channel, and what went wrong',
  arguments: [NAME],
  options: {},
  async run(input, { api, out, now }) {
    const channel = await api.get<Channel>(path`/channels/${input.argument('NAME')}`);
    const at = (time: number | null) => (time === null ? '' : moment(time, now(), out.terminal));
    const text = facts([
      ['name', channel.name],
      ['kind', channel.kind],
      ['to', channel.to],
      ['app', channel.app ?? 'all'],
      ['on', channel.on.join(', ')],
      ['last sent', at(channel.sentAt) || 'never'],
      ['waiting', String(channel.waiting)],
      ['given up', channel.dropped === 0 ? '' : String(channel.dropped)],
      ['trouble', channel.trouble && `${channel.trouble} (${at(channel.troubleAt)})`],
      ['tried again', at(channel.retryAt)],
    ]);
    return { json: channel, text };
  },
};

/** Longer than a delivery may take, with the turn that begins it. */
const TEST_MS = 20_000;
const LOOK_EVERY_MS = 300;

export const channelTest: Command = {
  name: 'channel test',
  summary: 'sends a message to a channel, and waits for what becomes of it',
  arguments: [NAME],
  options: {},
  async run(input, { api, now }) {
    const name = input.argument('NAME');
    const began = now();
    const before = await api.get<Channel>(path`/channels/${name}`);
    const { id } = await api.post<{ id: string }>(path`/channels/${name}/test`, {});
    const channel = await settled(api, before, id, () => now() - began < TEST_MS);
    if (channel.sentId === id) return { json: channel, text: `${name} has taken it` };
    const why = channel.trouble || 'no runner has sent it yet: see gantry status';
    throw new CommandError(
      EXIT.failed,
      'channel-trouble',
      `${name} was not reached: ${why}`,
      `gantry channel show ${name}`,
    );
  },
};

/** Waits until it was sent, or something went wrong since, or there is no more time. */
async function settled(api: Client, before: Channel, id: string, more: () => boolean): Promise<Channel> {
  for (;;) {
    const seen = await api.get<Channel>(path`/channels/${before.name}`);
    if (seen.sentId === id || seen.troubleAt !== before.troubleAt || !more()) return seen;
    await pause(LOOK_EVERY_MS);
  }
}

export const channelRemove: Command = {
  name: 'channel remove',
  summary: 'removes a channel, and what waits for it',
  arguments: [NAME],
  options: {},
  async run(input, { api }) {
    const json = await api.post<{ removed: string }>(path`/channels/${input.argument('NAME')}/remove`, {});
    return { json, text: `${json.removed} is told nothing any more` };
  },
};
