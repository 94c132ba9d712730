import type { CommitFacts } from '../../engine/ports/sources';
import type { StepWork } from '../../engine/ports/step-kind';
import { plainPath, WHOLE_REPOSITORY } from '../../pipelines/paths';
import type { World } from '../world';

/** The sources of one app at the commit of its run. Paths are relative to the app's folder. */
export interface AppSources {
  facts(): Promise<CommitFacts>;
  /** Whether `ancestor` is among the commits that `commit` was made from. */
  comesFrom(commit: string, ancestor: string): Promise<boolean>;
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
  const { repository, path: folder } = await engine.apps.find(lease.app.name);
  const { commit } = lease.run;
  const inRepository = (path: string): string => plainPath(`${folder}/${path}`);
  return {
    inRepository,
    facts: () => sources.commit(repository, commit),
    comesFrom: (sha, ancestor) => sources.comesFrom(repository, sha, ancestor),
    readFile: (path, limitBytes) => sources.readFile(repository, commit, inRepository(path), limitBytes),
    listFiles: async (limit) => {
      const paths = await sources.listFiles(repository, commit, limit);
      if (folder === '.') return paths;
      return paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));
    },
    tar: (path) => sources.tar(repository, commit, path === WHOLE_REPOSITORY ? '.' : inRepository(path)),
  };
}
