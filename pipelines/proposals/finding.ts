/** A file of a repository; only the texts of the files named in `LOOKED_AT` are needed. */
export interface RepositoryFile {
  /** Relative to the root of the repository. */
  path: string;
  text?: string;
}

/** What was found out about an app; the proposal is written from it. */
export interface Finding {
  /** Why this was chosen, one sentence each, for people. */
  why: string[];
  origin: ImageOrigin | ArtifactOrigin;
  port: number;
  healthPath: string;
  /** Command of a unit test that can run before the build, with its image. */
  test: { in: string; run: string; cache: string } | null;
}

export interface ImageOrigin {
  kind: 'image';
  dockerfile: string;
  context: string;
  /** The lines of a Dockerfile that is still to be written; empty when there is one. */
  suggested: string[];
}

export interface ArtifactOrigin {
  kind: 'artifact';
  base: string;
  in: string;
  run: string;
  take: string;
  cache: string;
}

/** The text of a file; null when there is no such file, empty when its text was not given. */
export function textOf(files: readonly RepositoryFile[], path: string): string | null {
  const file = files.find((candidate) => candidate.path === path);
  return file === undefined ? null : (file.text ?? '').slice(0, 256 * 1024);
}

/** A port number, or the fallback when the text is none. */
export function portFrom(text: string | undefined, fallback: number): number {
  const port = Number(text);
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : fallback;
}
