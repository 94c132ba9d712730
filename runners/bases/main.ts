import Docker from 'dockerode';
import type { RunnerSettings } from '../../settings';
import { basesCommand } from './command';

/** `bases build|list|remove`: works before the rest of the runner can be loaded. Returns the exit status. */
export async function basesMain({ base, docker }: RunnerSettings, args: readonly string[]): Promise<number> {
  const { recipesFolder, cacheFolder, npmCli, builds, environment } = base;
  const options = { docker: new Docker(docker), recipesFolder, cacheFolder, settings: builds, environment };
  return basesCommand(args, npmCli === undefined ? options : { ...options, npmCli }, (line) =>
    process.stdout.write(`${line}\n`),
  );
}
