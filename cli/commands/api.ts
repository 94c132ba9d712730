import type { Command } from '../command';

export const api: Command = {
  name: 'api',
  summary: 'prints the description of the HTTP API: OpenAPI 3.1',
  arguments: [],
  options: {},
  details: 'Of the Gantry that answers. The same is in docs/openapi.json.',
  examples: ['gantry api > openapi.json'],
  async run(_input, context) {
    const json = await context.api.getOutside<object>('/api/openapi.json');
    return { json, text: JSON.stringify(json, null, 2) };
  },
};
