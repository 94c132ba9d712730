import { assertNever } from '../../../engine/model/errors';
import type { History } from '../history';
import { here, type Process } from '../process';
import { quiet } from '../timers';
import type { Life } from './command';

/** Processes begin, stand still and end. */
export async function live(history: History, command: Life): Promise<void> {
  const process = history.process(command.process);
  switch (command.do) {
    case 'kill':
      return process.kill();
    case 'stop':
      return stop(process);
    case 'start':
      return history.start(command.process);
    case 'pause':
      return process.pause();
    case 'wake':
      process.wake();
      return quiet();
    default:
      return assertNever(command.do);
  }
}

/** SIGTERM: what it carries out is given back, then it ends. Whatever hangs is left to its lease. */
async function stop(process: Process): Promise<void> {
  if (process.state !== 'up') return;
  here.run(process.background, () => {
    for (const step of process.steps) step.giveBack();
  });
  for (const step of process.steps) await step.goOn(Number.POSITIVE_INFINITY, quiet);
  await quiet();
  process.kill();
}
