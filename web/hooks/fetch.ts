import type { SourceToFetch } from '../../engine/apps/source';
import { GantryError } from '../../engine/model/errors';
import { isBranchOrTag } from '../../engine/model/ref-name';
import type { GitPlace } from '../git/environment';
import { repositoryFolder } from '../git/repository';
import { runGit } from '../git/run-git';
import { FETCH_MS, GIT_READ_MS } from '../limits';
import { askSource } from './remote-git';

/** Nothing but the commits of one ref: no tags that point at them, no submodules, no file that names what was fetched. */
export const FETCH = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'] as const;

/**
 * Brings branches and tags of the source into the app's own repository, as they stand there now.
 * @param stop ends the fetch, as the time limit does; nothing half-done is left in the repository's refs
 * @returns the head of each after it; those that the source has no more are left out
 * @throws GantryError `ref-name`, `source-url`, `source-denied`, `git-failed`, `git-missing`.
 */
export async function fetchRefs(
  place: GitPlace,
  app: string,
  source: SourceToFetch,
  refs: readonly string[],
  stop: AbortSignal,
): Promise<Map<string, string>> {
  if (!refs.every(isBranchOrTag)) throw new GantryError('invalid', 'ref-name', 'that is no name of a branch or tag');
  const fetch = async (wanted: readonly string[]): Promise<readonly string[]> => {
    const about = wanted.map((ref) => `+${ref}:${ref}`);
    const answer = await askSource(place, app, source, { command: FETCH, about, limitMs: FETCH_MS, stop });
    if (answer !== undefined) return wanted;
    // Git takes none when one of them is gone: so each by itself.
    const there: string[] = [];
    if (wanted.length > 1) for (const ref of wanted) there.push(...(await fetch([ref])));
    return there;
  };
  const there = await fetch(refs);
  if (there.length === 0) return new Map();
  const folder = repositoryFolder(place, app);
  const heads = await runGit(place, ['-C', folder, 'show-ref', '--verify', '--', ...there], GIT_READ_MS);
  return new Map(
    heads
      .trim()
      .split('\n')
      .map((line): [string, string] => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]),
  );
}
