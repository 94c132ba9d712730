import { path } from '../api/client';
import { followRun, readRun } from '../api/follow';
import type { Run } from '../api/types';
import type { Command } from '../command';
import { EXIT } from '../errors';
import { runName, runPage } from '../format/house';
import { namedOrNewestRun } from './find-run';
import { RunStory } from './run-story';

export const APP = { name: 'APP', help: 'name of the app' };
export const RUN = { name: 'RUN', help: 'number of the run; the newest when left out', optional: true as const };

export const runShow: Command = {
  name: 'run show',
  summary: 'shows a run with its steps, and what it waits for',
  arguments: [APP, RUN],
  options: {},
  async run(input, { api, out, now }) {
    const { app, number } = await namedOrNewestRun(api, input);
    const run = await readRun(api, app, number);
    return { json: run, text: runPage(out, run, now()) };
  },
};

export const runWatch: Command = {
  name: 'run watch',
  summary: 'follows a run until it ends',
  arguments: [APP, RUN],
  options: { 'until-wait': { help: 'ends also when the run waits for people' } },
  details:
    'Prints a line for each step that ends. Exit status 0 when the run succeeded (or, with --until-wait, waits), else 1.',
  async run(input, { api, out, now }) {
    const { app, number } = await namedOrNewestRun(api, input);
    const story = new RunStory(out, now);
    const untilWait = input.flag('until-wait');
    const run = await followRun(api, app, number, (seen) => {
      story.tell(seen);
      return untilWait && seen.state === 'waiting' ? 'stop' : 'go on';
    });
    return { json: run, text: '', exit: run.state === 'succeeded' || run.state === 'waiting' ? EXIT.ok : EXIT.failed };
  },
};

export const runCancel: Command = {
  name: 'run cancel',
  summary: 'ends a run; what it changed is taken back',
  arguments: [APP, { name: 'RUN', help: 'number of the run' }],
  options: { reason: { value: 'TEXT', help: 'why, for the audit and those who look later' } },
  async run(input, { api }) {
    const [app, number] = [input.argument('APP'), input.number('RUN')];
    const json = await api.post<unknown>(path`/apps/${app}/runs/${number}/cancel`, reasonOf(input.option('reason')));
    return { json, text: await stateNow(readRun(api, app, number)) };
  },
};

export const reasonOf = (reason: string | undefined): { reason?: string } => (reason === undefined ? {} : { reason });

async function stateNow(read: Promise<Run>): Promise<string> {
  const run = await read;
  return `${runName(run)} is ${run.state}${run.reason === '' ? '' : `: ${run.reason}`}`;
}
