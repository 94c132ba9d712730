import { hostAndPort } from '../api/address';
import type { Client } from '../api/client';
import type { Health, Status } from '../api/types';
import type { Command } from '../command';
import { CommandError, EXIT } from '../errors';
import { facts } from '../format/table';
import { moment } from '../format/time';

export const status: Command = {
  name: 'status',
  summary: 'shows the Gantry that answers, how it is, and who you are to it',
  arguments: [],
  options: {},
  details: 'Exit status 1 when it is not ready: the parts that are not well are named, with what to do.',
  async run(_input, { api, out, now }) {
    const known = await read(api);
    const { health } = known;
    const text = facts([
      ...('url' in known ? addressOf(known) : []),
      ['health', health.ready ? 'ready' : out.paint('red', 'not ready')],
      ...unwell(health).map(({ title, state, since, found, next }): [string, string] => [
        `  ${title.toLowerCase()}`,
        `${state} since ${moment(since, now(), out.terminal)}: ${found}; ${next}`,
      ]),
    ]);
    return { json: known, text, exit: health.ready ? EXIT.ok : EXIT.failed };
  },
};

/** One that is in trouble can often tell no more than that. */
async function read(api: Client): Promise<(Status & { health: Health }) | { health: Health }> {
  try {
    const status = await api.get<Status>('/status');
    return { ...status, health: await api.getOutside<Health>('/health') };
  } catch (error) {
    if (!(error instanceof CommandError) || error.exit !== EXIT.failed) throw error;
    const health = await api.getOutside<Health>('/health');
    if (health.ready) throw error;
    return { health };
  }
}

const addressOf = (known: Status): [string, string][] => [
  ['address', known.url],
  ['version', known.version],
  ['user', `${known.user.name} (${known.user.roles.join(', ') || 'no role for all apps'})`],
  ['mode', known.solo ? 'solo: there is one user, who may approve what is their own' : ''],
  ['gateway', known.gateway === null ? 'does not answer' : hostAndPort(known.gateway)],
  ['apps at', `http://NAME.${known.domain}${known.gateway === null ? '' : `:${known.gateway.port}`}/`],
  ['installation', known.installation],
  ['runs', openRuns(known)],
];

/** `2 running, 1 waiting`; empty when all have ended. */
const openRuns = ({ runs }: Status): string =>
  Object.entries(runs ?? {})
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');

const unwell = ({ parts }: Health): Health['parts'] => parts.filter(({ state }) => state !== 'up');
