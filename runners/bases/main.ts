import type { RunnerSettings } from '../../settings';
import { baseOptions } from './base-options';
import { basesCommand } from './command';

/** `bases build|list|remove`: works before the rest of the runner can be loaded. Returns the exit status. */
export async function basesMain(settings: RunnerSettings, args: readonly string[]): Promise<number> {
  return basesCommand(args, baseOptions(settings), (line) => process.stdout.write(`${line}\n`));
}
