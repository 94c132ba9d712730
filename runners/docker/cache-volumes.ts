import { posix } from 'node:path';
import { StepFailure } from '../../engine/model/errors';
import { sha256 } from '../../engine/model/hash';
import { BUILD_HOME, WORK_FOLDER } from './build-folders';
import { type DockerClient, renamed } from './client';
import { writeLabels } from './labels';

/** A folder that is kept between the commands of one app. */
export interface CacheVolume {
  name: string;
  /** Absolute path in the container. */
  path: string;
}

/**
 * The volumes of a command, by what they are for: the same key and path is the same volume.
 * @param stem first part of the names, `gantry-<8>`
 * @throws StepFailure (user) for a path that leads out of home and working folder by `..`
 */
export function cacheVolumes(stem: string, cache: { key: string; paths: readonly string[] }): CacheVolume[] {
  return cache.paths.map((path) => ({
    name: `${stem}-cache-${sha256(JSON.stringify([cache.key, path])).slice(0, 24)}`,
    path: absolute(path),
  }));
}

/** Makes those that are missing; Docker answers the same for one that is there. */
export async function ensureVolumes(
  client: DockerClient,
  volumes: readonly CacheVolume[],
  installation: string,
  app: string,
): Promise<void> {
  const labels = writeLabels(installation, { app, role: 'build' });
  for (const { name } of volumes) {
    await renamed(client, `make the cache volume ${name}`, client.calls.createVolume({ Name: name, Labels: labels }));
  }
}

function absolute(path: string): string {
  const expanded = path === '~' || path.startsWith('~/') ? posix.join(BUILD_HOME, path.slice(1)) : path;
  const result = posix.resolve(WORK_FOLDER, expanded);
  if (!path.split('/').includes('..') && result !== '/' && result !== WORK_FOLDER) return result;
  throw new StepFailure(
    'user',
    `the cache folder ${JSON.stringify(path)} cannot be kept between builds`,
    'name a folder inside home or the working folder, for example ~/.m2',
  );
}
