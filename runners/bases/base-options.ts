import Docker from 'dockerode';
import type { RunnerSettings } from '../../settings';
import type { BaseBuildOptions } from './build-bases';

/** What the builder of bases needs, from the settings. */
export function baseOptions({ base, docker }: RunnerSettings): Omit<BaseBuildOptions, 'names' | 'onLine'> {
  const { recipesFolder, cacheFolder, npmCli, builds, environment } = base;
  const options = { docker: new Docker(docker), recipesFolder, cacheFolder, settings: builds, environment };
  return npmCli === undefined ? options : { ...options, npmCli };
}
