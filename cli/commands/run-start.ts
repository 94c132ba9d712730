import { path } from '../api/client';
import { followRun } from '../api/follow';
import type { Command } from '../command';
import { EXIT, usageError } from '../errors';
import type { Input } from '../input';
import { APP, reasonOf } from './run';
import { RunStory } from './run-story';

interface Started {
  run: number;
  ref: string;
  commit: string;
  parameters: Record<string, string>;
}

export const runStart: Command = {
  name: 'run start',
  summary: 'starts a run of a branch, a tag or a commit',
  arguments: [APP],
  options: {
    ref: { value: 'REF', help: 'a branch, a tag, or a commit of one; the default branch when left out' },
    set: { value: 'NAME=VALUE', many: true, help: 'a value that on.manual.parameters of gantry.yml asks for' },
    reason: { value: 'TEXT', help: 'why, for the audit and those who look later' },
    'no-wait': { help: 'returns when the run is accepted, not when it ends or waits for people' },
  },
  details:
    'The values are checked against gantry.yml at that commit; commands of the run find them as environment variables, ' +
    '"dry-run" as GANTRY_PARAMETER_DRY_RUN.',
  examples: ['gantry run start storefront', 'gantry run start storefront --ref v2 --set region=eu --set dry-run=true'],
  async run(input, { api, out, now }) {
    const [app, ref] = [input.argument('APP'), input.option('ref')];
    const started = await api.post<Started>(path`/apps/${app}/runs`, {
      ...(ref === undefined ? {} : { ref }),
      parameters: valuesOf(input),
      ...reasonOf(input.option('reason')),
    });
    const branch = started.ref.replace(/^refs\/(heads|tags)\//, '');
    const text = `run #${started.run} of ${app} at ${started.commit.slice(0, 12)} (${branch})`;
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

function valuesOf(input: Input): Record<string, string> {
  const values: Record<string, string> = {};
  for (const text of input.all('set')) {
    const equal = text.indexOf('=');
    if (equal < 1) throw usageError(`--set is "${text}", and it must be NAME=VALUE`, 'write it like --set region=eu');
    const name = text.slice(0, equal);
    if (Object.hasOwn(values, name)) throw usageError(`--set ${name} was given twice`, 'give each name one value');
    values[name] = text.slice(equal + 1);
  }
  return values;
}
