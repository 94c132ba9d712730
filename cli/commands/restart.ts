import { path } from '../api/client';
import { followRun } from '../api/follow';
import type { Command } from '../command';
import { EXIT } from '../errors';
import { APP, reasonOf } from './run';
import { RunStory } from './run-story';

interface Restarted {
  run: number;
  taken: string[];
  anew: string[];
}

export const restart: Command = {
  name: 'restart',
  summary: 'walks the plan of a run that failed once more, from the step that failed',
  arguments: [APP, { name: 'RUN', help: 'number of the run, which must have failed, or been cancelled or ignored' }],
  options: {
    from: { value: 'STEP', help: 'the first step to do once more; else the first that did not succeed' },
    reason: { value: 'TEXT', help: 'why, for the audit and those who look later' },
    'no-wait': { help: 'returns when the new run is accepted, not when it ends or waits for people' },
  },
  details:
    'A new run with the same commit and the same plan. What was built is taken over by its digest and never built again; ' +
    'a stage begins with its deliver, and people are asked again. Refused when a newer run of the branch is on its way, or ' +
    'a newer release has been promoted.',
  examples: ['gantry restart storefront 7', 'gantry restart storefront 7 --from test/deliver'],
  async run(input, { api, out, now }) {
    const [app, number, from] = [input.argument('APP'), input.number('RUN'), input.option('from')];
    const started = await api.post<Restarted>(path`/apps/${app}/runs/${number}/restart`, {
      ...(from === undefined ? {} : { from }),
      ...reasonOf(input.option('reason')),
    });
    const { taken, anew } = started;
    const text = `run #${started.run} takes over ${taken.join(', ') || 'nothing'}; it does ${anew.join(', ')}`;
    if (input.flag('no-wait')) return { json: started, text };
    out.note(text);
    const story = new RunStory(out, now);
    const run = await followRun(api, app, started.run, (seen) => {
      story.tell(seen);
      return seen.state === 'waiting' ? 'stop' : 'go on';
    });
    const isWell = run.state === 'succeeded' || run.state === 'waiting';
    return { json: { ...started, state: run.state }, text: '', exit: isWell ? EXIT.ok : EXIT.failed };
  },
};
