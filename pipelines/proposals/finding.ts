/** A file of a repository; texts are needed only where `isTextWanted` says so. */
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
  test: { in: string; run: string; cache: string[] } | null;
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

/** The texts of all files whose path matches, in order. */
export function textsOf(files: readonly RepositoryFile[], path: RegExp): string[] {
  return files.filter((file) => path.test(file.path)).map((file) => textOf(files, file.path) ?? '');
}

/** Does a file match? */
export const hasFile = (files: readonly RepositoryFile[], path: RegExp): boolean =>
  files.some((file) => path.test(file.path));

export const DEFAULT_HEALTH = '/health';

/** A health path that the sources name, with the sentence that says so; else the usual one, as a guess. */
export function healthIn(texts: readonly string[]): { healthPath: string; why: string } {
  const named = texts.map((text) => /["'](\/(?:health|ready|ping)[a-z]*)\/?["']/.exec(text)?.[1]).find(Boolean);
  if (named !== undefined) return { healthPath: named, why: `Health path ${named} stands in the sources.` };
  return {
    healthPath: DEFAULT_HEALTH,
    why: `${DEFAULT_HEALTH} is a guess: name a path that answers 200 when it works.`,
  };
}

/** An image by a Dockerfile that is still to be written. */
export const suggestedImage = (suggested: string[]): ImageOrigin => ({
  kind: 'image',
  dockerfile: 'Dockerfile',
  context: '.',
  suggested,
});

/** A port number, or the fallback when the text is none. */
export function portFrom(text: string | undefined, fallback: number): number {
  const port = Number(text);
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : fallback;
}

/** A mapping of a parsed file; an empty one for everything else. */
export const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
