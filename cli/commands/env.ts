import type { Environment, List } from '../api/types';
import type { Command } from '../command';
import { environmentTable } from '../format/house';

export const envList: Command = {
  name: 'env list',
  summary: 'lists the environments of all apps, what serves there and at which address',
  arguments: [{ name: 'APP', help: 'only of this app', optional: true }],
  options: {},
  async run(input, { api }) {
    const { items } = await api.get<List<Environment>>('/environments');
    const app = input.optional('APP');
    const wanted = items.filter((environment) => app === undefined || environment.app === app);
    return {
      json: { items: wanted },
      text: environmentTable(wanted) || 'No environments yet. The first push makes them.',
    };
  },
};
