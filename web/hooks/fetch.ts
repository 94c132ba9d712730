import type { SourceToFetch } from '../../engine/apps/source';
import { GantryError } from '../../engine/model/errors';
import { isBranchOrTag } from '../../engine/model/ref-name';
import type { GitPlace } from '../git/environment';
import { repositoryFolder } from '../git/repository';
import { runGit } from '../git/run-git';
import { FETCH_MS, GIT_READ_MS } from '../limits';
import { askSource, REF_FAILED } from './remote-git';

/** Nothing but the commits of one ref: no tags that point at them, no submodules, no file that names what was fetched. */
export const FETCH = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'] as const;

export interface FetchedRefs {
  /** Where each stands after it; those that the source has no more are in neither. */
  heads: Map<string, string>;
  /** Those that could not be written here, each with why. */
  failed: Map<string, GantryError>;
}

/**
 * Brings branches and tags of the source into the app's own repository, as they stand there now.
 * @param stop ends the fetch, as the time limit does; nothing half-done is left in the repository's refs
 * @throws GantryError `ref-name`, `source-url`, `source-denied`, `git-failed`, `git-missing`.
 */
export async function fetchRefs(
  place: GitPlace,
  app: string,
  source: SourceToFetch,
  refs: readonly string[],
  stop: AbortSignal,
): Promise<FetchedRefs> {
  if (!refs.every(isBranchOrTag)) throw new GantryError('invalid', 'ref-name', 'that is no name of a branch or tag');
  const there: string[] = [];
  const failed = new Map<string, GantryError>();
  const fetch = async (wanted: readonly string[]): Promise<void> => {
    const about = wanted.map((ref) => `+${ref}:${ref}`);
    const question = { command: FETCH, about, limitMs: FETCH_MS, stop };
    const answer = await askSource(place, app, source, question).catch(unwritten);
    if (typeof answer === 'string') there.push(...wanted);
    // One that is gone, or cannot be written, holds up none of the others: so each by itself.
    else if (wanted.length > 1) for (const ref of wanted) await fetch([ref]);
    else if (answer !== undefined) failed.set(wanted.join(), answer);
  };
  await fetch(refs);
  return { heads: there.length === 0 ? new Map() : await headsHere(place, app, there), failed };
}

function unwritten(error: unknown): GantryError {
  if (error instanceof GantryError && error.code === REF_FAILED) return error;
  throw error;
}

async function headsHere(place: GitPlace, app: string, refs: readonly string[]): Promise<Map<string, string>> {
  const folder = repositoryFolder(place, app);
  const heads = await runGit(place, ['-C', folder, 'show-ref', '--verify', '--', ...refs], GIT_READ_MS);
  return new Map(
    heads
      .trim()
      .split('\n')
      .map((line): [string, string] => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]),
  );
}
