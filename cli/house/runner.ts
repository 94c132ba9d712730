import type { CliSettings } from '../../settings';
import type { Program } from '../processes/child';
import { mainProgram } from '../processes/mains';
import { readRedisConfiguration } from '../processes/redis';
import { keepProgram } from './program';
import { readRunning, readUpState } from './state';

/** What a further runner is told; what is left out is as the environment says. */
export interface RunnerWishes {
  /** Names with commas between. */
  pool: string | undefined;
  /** Steps at once. */
  places: number | undefined;
}

/**
 * One more runner for the records of this folder (or of the database that is named): with the Redis that was given, else
 * with the one that `up` runs here. Without any it finds its work in the records alone. It is the program that runs here
 * already, since another one might bring the schema up to date under it.
 */
export function runnerProgram(settings: CliSettings, { pool, places }: RunnerWishes): Program {
  const up = readUpState(settings.home);
  const redis = settings.redisUrl ?? readRedisConfiguration(settings.home)?.url;
  const root = readRunning(settings.home)?.root ?? keepProgram(settings);
  return mainProgram({ ...settings, root }, 'runners', ['run'], {
    ...(redis === undefined ? {} : { GANTRY_REDIS_URL: redis }),
    ...(up === undefined ? {} : { GANTRY_GATEWAY: up.gateway }),
    ...(up?.dummy === true ? { GANTRY_DUMMY: '1' } : {}),
    ...(pool === undefined ? {} : { GANTRY_POOL: pool }),
    ...(places === undefined ? {} : { GANTRY_CONCURRENCY: String(places) }),
  });
}
