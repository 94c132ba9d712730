import type { Extra } from '../../engine/extras/names';
import type { CommitFacts } from '../../engine/ports/sources';
import type { StepWork } from '../../engine/ports/step-kind';
import { plainPath, WHOLE_REPOSITORY } from '../../pipelines/paths';
import type { ChangedFile } from '../../pipelines/triggers';
import type { World } from '../world';

/** The sources of one app at the commit of its run. Paths are relative to the app's folder. */
export interface AppSources {
  /** Name of the app whose remote it is. */
  readonly repository: string;
  facts(): Promise<CommitFacts>;
  /** Whether `ancestor` is among the commits that `commit` was made from. */
  comesFrom(commit: string, ancestor: string): Promise<boolean>;
  /** Files that differ from those of an earlier commit; or why that cannot be told, as a phrase. */
  changedSince(earlier: string, limit: number): Promise<{ files: ChangedFile[] } | { unknown: string }>;
  /** Commits beyond an earlier one, or beyond the first parent; newest first. */
  history(since: string | null, limit: number): Promise<CommitFacts[]>;
  /** What the commit names that is not in it, and nobody has turned on. */
  leftOut(): Promise<Extra[]>;
  /** Undefined when the commit has no such file. */
  readFile(path: string, limitBytes: number): Promise<Buffer | undefined>;
  /** Paths of the app's files, at most `limit` of the repository's. */
  listFiles(limit: number): Promise<string[]>;
  /** A folder of the app as a tar stream; `WHOLE_REPOSITORY` for all that the commit has. */
  tar(folder: string): Promise<NodeJS.ReadableStream>;
  /** How a path is called in the repository, for people and for a build that sees all of it. */
  inRepository(path: string): string;
}

export async function appSources({ engine, lease }: StepWork, { sources }: World): Promise<AppSources> {
  const { id, repository_id, repository, path: folder } = await engine.apps.find(lease.app.name);
  const extras = await engine.extras.of(repository_id ?? id);
  const { commit } = lease.run;
  const inRepository = (path: string): string => plainPath(`${folder}/${path}`);
  const ownPath = (path: string): string | undefined => {
    if (folder === '.') return path;
    return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
  };
  return {
    repository,
    inRepository,
    facts: () => sources.commit(repository, commit),
    comesFrom: (sha, ancestor) => sources.comesFrom(repository, sha, ancestor),
    changedSince: async (earlier, limit) => {
      const changed = await sources.changedPaths(repository, earlier, commit, limit);
      return 'unknown' in changed ? changed : { files: changed.paths.map((path) => ({ own: ownPath(path), path })) };
    },
    history: (since, limit) => sources.history(repository, commit, since, limit),
    leftOut: async () => (await sources.extras(repository, commit)).filter((extra) => !extras.includes(extra)),
    readFile: (path, limitBytes) => sources.readFile(repository, commit, inRepository(path), limitBytes, extras),
    listFiles: async (limit) => {
      const paths = await sources.listFiles(repository, commit, limit, extras);
      return paths.map(ownPath).filter((path) => path !== undefined);
    },
    tar: (path) => sources.tar(repository, commit, path === WHOLE_REPOSITORY ? '.' : inRepository(path), extras),
  };
}
