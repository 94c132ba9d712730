import { hostAndPort } from '../api/address';
import type { Status } from '../api/types';
import type { Command } from '../command';
import { facts } from '../format/table';

export const status: Command = {
  name: 'status',
  summary: 'shows the Gantry that answers, and who you are to it',
  arguments: [],
  options: {},
  async run(_input, { api }) {
    const json = await api.get<Status>('/status');
    const text = facts([
      ['address', json.url],
      ['version', json.version],
      ['user', `${json.user.name} (${json.user.role})`],
      ['mode', json.solo ? 'solo: there is one user, who may approve what is their own' : ''],
      ['gateway', json.gateway === null ? 'does not answer' : hostAndPort(json.gateway)],
      ['apps at', `http://NAME.${json.domain}${json.gateway === null ? '' : `:${json.gateway.port}`}/`],
      ['installation', json.installation],
    ]);
    return { json, text };
  },
};
