import { path } from '../api/client';
import type { DeployKey } from '../api/types';
import type { Command } from '../command';

export const appKey: Command = {
  name: 'app key',
  summary: 'shows the public key by which an app is fetched over SSH',
  arguments: [{ name: 'APP', help: 'name of the app' }],
  options: {
    new: { help: 'makes another one first; the one before is refused by nobody but the forge: remove it there' },
  },
  details:
    'Add it to the repository as a deploy key that may only read. Gantry makes it when an SSH source is connected, and ' +
    'its private part never leaves Gantry.',
  examples: ['gantry app key storefront', 'gantry app key storefront --new'],
  async run(input, { api }) {
    const address = path`/apps/${input.argument('APP')}/key`;
    const key = input.flag('new') ? await api.post<DeployKey>(address, {}) : await api.get<DeployKey>(address);
    return { json: key, text: key.publicKey };
  },
};
