import { spawn } from 'node:child_process';
import { CONCURRENCY_MAX } from '../../settings';
import type { Command } from '../command';
import { EXIT, failure } from '../errors';
import { runnerProgram } from '../house/runner';
import type { Program } from '../processes/child';

export const runner: Command = {
  name: 'runner',
  summary: 'starts one more runner, which takes the steps of its pools until it is stopped',
  arguments: [],
  options: {
    pool: { value: 'NAMES', help: 'takes only steps of these pools, with commas between (default)' },
    places: { value: 'N', help: 'steps at once (8)' },
  },
  details:
    'A step names its pool in gantry.yml (build.pool, stages.NAME.pool). The runner that gantry up starts has the pool ' +
    'default, or those that GANTRY_POOL names. A further runner needs the same data folder and the same Docker. Ctrl-C ' +
    'gives back the steps that it holds, and ends it; so do gantry down and gantry upgrade.',
  examples: ['gantry runner --pool build', 'gantry runner --pool build,default --places 4'],
  async run(input, { settings, out }) {
    const places = input.option('places') === undefined ? undefined : input.count('places', 1, CONCURRENCY_MAX);
    const program = runnerProgram(settings, { pool: input.option('pool'), places });
    out.note('the runner works; Ctrl-C stops it');
    const status = await carried(program);
    if (status !== 0) throw failure('runner-ended', `the runner ended with ${status}`, 'its last lines say why');
    return { json: undefined, text: '', exit: EXIT.ok };
  },
};

/** Runs until it ends. A terminal's Ctrl-C reaches it by itself; what only this process is told is passed on. */
async function carried({ command, args, environment, folder }: Program): Promise<number | string> {
  const child = spawn(command, args, { cwd: folder, env: environment, stdio: ['ignore', 'inherit', 'inherit'] });
  const stay = (): void => undefined;
  const passOn = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', stay).on('SIGTERM', passOn);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? signal ?? 'no status'));
    });
  } finally {
    process.off('SIGINT', stay).off('SIGTERM', passOn);
  }
}
