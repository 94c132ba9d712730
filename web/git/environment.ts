import { join } from 'node:path';
import { PUSH_MAX } from '../limits';
import type { WebOptions } from '../parts';

/** Under it lies what Gantry keeps for itself: heads of requests. Nobody pushes there, and nobody is shown it. */
export const OWN_REFS = 'refs/gantry';

/** What a `git` of ours needs to know. */
export type GitPlace = Pick<WebOptions, 'home' | 'root' | 'programs' | 'forgeCaBundle' | 'outgoing'>;

/**
 * The environment of every `git` that we start: nothing of the user's configuration, our hooks, no question asked.
 * Settings travel in the environment and not in the repository, so that a moved data folder needs no repair.
 * @param more settings for this one `git`
 */
export function gitEnvironment(place: GitPlace, more: readonly [string, string][] = []): Record<string, string> {
  const settings: [string, string][] = [
    ['core.hooksPath', join(place.root, 'web', 'git', 'hooks')],
    // A data folder that was restored by another user is still ours.
    ['safe.directory', '*'],
    ['transfer.hideRefs', OWN_REFS],
    ['receive.maxInputSize', String(PUSH_MAX)],
    // Branches and tags, nothing else: `refs/replace` would have Git show another commit than the one that is named.
    ['receive.hideRefs', 'refs'],
    ['receive.hideRefs', '!refs/heads'],
    ['receive.hideRefs', '!refs/tags'],
    // Housekeeping ends before its push does: no process is left behind, and nothing that a run may need is thrown away.
    ['gc.autoDetach', 'false'],
    ['gc.pruneExpire', 'never'],
    ...more,
  ];
  const environment: Record<string, string> = {
    PATH: place.programs,
    HOME: place.home,
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_CONFIG_COUNT: String(settings.length),
  };
  for (const [i, [key, value]] of settings.entries()) {
    environment[`GIT_CONFIG_KEY_${i}`] = key;
    environment[`GIT_CONFIG_VALUE_${i}`] = value;
  }
  return environment;
}
