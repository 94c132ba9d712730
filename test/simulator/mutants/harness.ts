import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { HISTORY_COMMANDS } from '../../../bench/support/simulated';
import type { Mutant } from './mutant';
import type { Hunt, Hunted } from './worker';

/** Two processes: as many as the machine has cores that the figures speak of. */
const WORKERS = 2;
/** Histories for one mutant at most: one that is not found by then counts as not found. */
const HISTORIES = 600;
/** For one mutant at most, ms: a bug may make a history endless. A worker's own start is in it, on a busy machine. */
const PATIENCE_MS = 240_000;

/** Plants each of these bugs, and plays histories until an invariant breaks. @param seed the first history of each */
export async function huntAll(mutants: readonly (Mutant | undefined)[], seed: number): Promise<Hunted[]> {
  const waiting = [...mutants];
  const found: Hunted[] = [];
  const work = async (): Promise<void> => {
    let worker = startWorker();
    while (waiting.length > 0) {
      const mutant = waiting.shift();
      const hunted = await ask(worker, { mutant, seed, histories: HISTORIES, commands: HISTORY_COMMANDS });
      found.push(
        hunted ?? {
          id: mutant?.id ?? 'none',
          by: undefined,
          what: 'no answer',
          histories: 0,
          seconds: PATIENCE_MS / 1000,
        },
      );
      if (hunted !== undefined) continue;
      worker.kill('SIGKILL');
      worker = startWorker();
    }
    worker.kill('SIGKILL');
  };
  await Promise.all(Array.from({ length: Math.min(WORKERS, mutants.length) }, work));
  return mutants.flatMap((mutant) => found.filter(({ id }) => id === (mutant?.id ?? 'none')));
}

function startWorker(): ChildProcess {
  return fork(join(__dirname, 'worker.ts'), {
    execArgv: ['-r', 'ts-node/register'],
    env: { ...process.env, TS_NODE_TRANSPILE_ONLY: 'true' },
  });
}

/** Undefined when no answer came in time. */
function ask(worker: ChildProcess, hunt: Hunt): Promise<Hunted | undefined> {
  return new Promise((resolve) => {
    const done = (hunted: Hunted | undefined): void => {
      clearTimeout(limit);
      worker.removeAllListeners();
      resolve(hunted);
    };
    const limit = setTimeout(() => done(undefined), PATIENCE_MS);
    worker.once('message', (hunted) => done(hunted as Hunted));
    worker.once('exit', () => done(undefined));
    worker.send(hunt);
  });
}
