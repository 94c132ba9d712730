import { parseDuration } from '../../pipelines/units';
import { path, textOf } from '../api/client';
import type { Command, Context } from '../command';
import { failure, usageError } from '../errors';
import { LogLines } from '../format/log-lines';
import { logText } from '../format/log-text';
import type { Input } from '../input';
import { APP, WHICH, whichOf } from './instance';

const TAIL = 200;
const TAIL_MAX = 10_000;

export const logs: Command = {
  name: 'logs',
  summary: 'prints what an instance of an app writes',
  arguments: [APP],
  options: {
    ...WHICH,
    follow: { short: 'f', help: 'goes on until the instance ends' },
    since: { value: 'TIME', help: 'only what was written since then: 10m, 2h' },
    tail: { value: 'N', help: `at most so many lines of the past (${TAIL})` },
  },
  details:
    'Any instance that stands, also a failed one that is kept (git push -o keep-failed). That somebody looked is in the ' +
    'audit. The log of a run, and of its steps, is gantry run logs.',
  examples: ['gantry logs storefront -f', 'gantry logs storefront --env test --instance 2 --since 10m'],
  async run(input, context) {
    const app = input.argument('APP');
    const stream = await context.api.stream(`${path`/apps/${app}/logs`}?${queryOf(input, context.now())}`, {
      headers: { accept: 'text/plain' },
      patient: true,
    });
    const [name = '', place = '', number = ''] = ['x-instance', 'x-place', 'x-number'].map((header) =>
      String(stream.headers[header] ?? ''),
    );
    if (context.out.json) return { json: { instance: name, place, log: await textOf(stream) }, text: '' };
    if (!number.endsWith('/1')) context.out.note(`${name}, ${number} in ${place}; another one: --instance N`);
    await print(stream, context);
    return { json: undefined, text: '' };
  },
};

function queryOf(input: Input, now: number): URLSearchParams {
  const tail = input.count('tail', TAIL, TAIL_MAX);
  const since = input.option('since');
  const ago = since === undefined ? null : parseDuration(since);
  if (since !== undefined && ago === null)
    throw usageError(`--since is "${since}"`, 'write a time like 30s, 10m or 2h');
  return new URLSearchParams({
    ...whichOf(input),
    tail: String(tail),
    ...(input.flag('follow') ? { follow: '1' } : {}),
    ...(ago === null ? {} : { since: String(now - ago) }),
  });
}

async function print(stream: AsyncIterable<Buffer>, { out }: Context): Promise<void> {
  const lines = new LogLines((line) => out.raw(`${logText(line, out.colours)}\n`));
  try {
    for await (const piece of stream) lines.push(piece);
  } catch (error) {
    throw failure('logs-lost', 'the output broke off: Gantry, or its runner, has gone away', 'start it again', {
      cause: error,
    });
  } finally {
    lines.end();
  }
}
