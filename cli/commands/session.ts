import { path } from '../api/client';
import type { List, SignedIn } from '../api/types';
import type { Command } from '../command';
import { table } from '../format/table';
import { moment } from '../format/time';

export const sessionList: Command = {
  name: 'session list',
  summary: 'lists the browsers and command lines in which you are signed in',
  arguments: [],
  options: {},
  async run(_input, { api, out, now }) {
    const list = await api.get<List<SignedIn>>('/sessions');
    const rows = list.items.map((session) => [
      session.id,
      session.current ? `${session.kind} (this one)` : session.kind,
      moment(session.seenAt, now(), out.terminal),
      new Date(session.endsAt).toISOString(),
      session.address,
      session.agent,
    ]);
    const text = table(['ID', 'KIND', 'LAST USED', 'ENDS', 'FROM', 'CALLS ITSELF'], rows);
    return { json: list, text: text || 'You are signed in nowhere; this command line has a token.' };
  },
};

export const sessionEnd: Command = {
  name: 'session end',
  summary: 'signs you out of a browser or a command line',
  arguments: [{ name: 'ID', help: 'of the session (gantry session list)' }],
  options: {},
  async run(input, { api }) {
    const json = await api.post<{ ended: string }>(path`/sessions/${input.argument('ID')}/end`, {});
    return { json, text: `session ${json.ended} has ended` };
  },
};
