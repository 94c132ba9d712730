import type { SourceToFetch } from '../../engine/apps/source';
import type { GitPlace } from '../git/environment';
import { LOOK_MS } from '../limits';
import { askSource } from './remote-git';

const LIST = ['ls-remote', '--quiet', '--heads', '--tags', '--refs'] as const;

/**
 * Where the branches and tags of a source stand. Nothing is fetched.
 * @throws GantryError `source-url`, `source-denied`, `git-failed`, `git-missing`.
 */
export async function remoteHeads(
  place: GitPlace,
  app: string,
  source: SourceToFetch,
  stop: AbortSignal,
): Promise<Map<string, string>> {
  const text = (await askSource(place, app, source, { command: LIST, about: [], limitMs: LOOK_MS, stop })) ?? '';
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, commit, ref] = LINE.exec(line) ?? [];
      return commit === undefined || ref === undefined ? [] : [[ref, commit]];
    }),
  );
}

const LINE = /^([0-9a-f]{40}|[0-9a-f]{64})\t(refs\/.+)$/;
