import type { Extra } from '../extras/names';

/**
 * The repositories. Reads only objects of a commit, never a work tree; fetches nothing.
 * @throws GantryError `not-found` for an unknown app, commit or path.
 */
export interface Sources {
  commit(app: string, commit: string): Promise<CommitFacts>;
  /** Whether `ancestor`, another commit, is among those that `commit` was made from; not so when it is not known. */
  comesFrom(app: string, commit: string, ancestor: string): Promise<boolean>;
  /** Paths of the files that differ between two commits: made, changed, removed. At most `limit`, or it says no. */
  changedPaths(app: string, earlier: string, commit: string, limit: number): Promise<ChangedPaths>;
  /**
   * Commits that `commit` brings beyond `since`, newest first, at most `limit`. Without `since`, or when that is not
   * known: all that it was made from.
   */
  history(app: string, commit: string, since: string | null, limit: number): Promise<CommitFacts[]>;
  /** What the commit names that is not in it. */
  extras(app: string, commit: string): Promise<Extra[]>;
  /** Undefined when the commit has no such file. Links are not followed. */
  readFile(app: string, commit: string, path: string, limitBytes: number, extras?: Extras): Promise<Buffer | undefined>;
  /** Paths of all files, at most `limit`. */
  listFiles(app: string, commit: string, limit: number, extras?: Extras): Promise<string[]>;
  /** The files of a folder of the commit as a tar stream (links stay links, nothing outside is read). */
  tar(app: string, commit: string, folder: string, extras?: Extras): Promise<NodeJS.ReadableStream>;
  /** Every ref and the commit it names. */
  heads(app: string): Promise<{ ref: string; commit: string }[]>;
}

/**
 * What counts as if it were in the commit; left out without it.
 * @throws GantryError `submodule-missing` for one that nobody has brought.
 */
export type Extras = readonly Extra[];

/** `unknown`: why it cannot be told, as a phrase. */
export type ChangedPaths = { paths: string[] } | { unknown: string };

export interface CommitFacts {
  commit: string;
  title: string;
  /** All of it, the title too. */
  message: string;
  author: string;
  email: string;
  committerEmail: string;
  time: number;
  parents: string[];
}
