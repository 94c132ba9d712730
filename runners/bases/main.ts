import Docker from 'dockerode';
import { runnerSettings } from '../../settings';
import { basesCommand } from './command';

/** `bases build|list|remove`: works before the rest of the runner can be loaded. Returns the exit status. */
export async function basesMain(args: readonly string[]): Promise<number> {
  const { base, docker } = runnerSettings();
  const { recipesFolder, cacheFolder, npmCli, builds, environment } = base;
  const options = { docker: new Docker(docker), recipesFolder, cacheFolder, settings: builds, environment };
  return basesCommand(args, npmCli === undefined ? options : { ...options, npmCli }, (line) =>
    process.stdout.write(`${line}\n`),
  );
}
