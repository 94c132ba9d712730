import { path } from '../api/client';
import type { Why } from '../api/types';
import type { Command } from '../command';
import { failureText } from '../format/failure';
import { runName } from '../format/house';
import { namedOrNewestRun } from './find-run';
import { APP, RUN } from './run';

export const why: Command = {
  name: 'why',
  summary: 'tells what a run waits for, or why it ended as it did',
  arguments: [APP, RUN],
  options: {},
  examples: ['gantry why storefront', 'gantry why storefront 7'],
  async run(input, { api, out }) {
    const { app, number } = await namedOrNewestRun(api, input);
    const json = await api.get<Why>(path`/apps/${app}/runs/${number}/why`);
    const text = [
      `${out.paint('bold', runName(json))} ${json.state}`,
      ...json.sentences.map((sentence) => `  ${sentence}`),
      ...json.commands.map((command) => `  ${out.paint('dim', command)}`),
      failureText(out, json.failure, app),
    ];
    return { json, text: text.filter(Boolean).join('\n') };
  },
};
