import type { Readable } from 'node:stream';

/**
 * Bytes by content: artifacts, and the blobs of kept images. Files by default, object storage behind the same door.
 * A digest is `sha256:<hex>`. What is being written is invisible until it is whole.
 */
export interface Bytes {
  /**
   * Stores a stream.
   * @param expected the digest that it must have
   * @throws GantryError `too-large` past the limit, `digest-differs`; nothing is left behind.
   */
  put(stream: NodeJS.ReadableStream, limitBytes: number, expected?: string): Promise<{ digest: string; size: number }>;
  has(digest: string): Promise<boolean>;
  /** Path of a local file with these bytes, hash checked. @throws GantryError `artifact-damaged`, `not-found`. */
  file(digest: string): Promise<string>;
  /** The bytes as a stream, hashed on the way: it fails at its end with the errors of `file` when they were changed. */
  read(digest: string): Readable;
  remove(digest: string): Promise<void>;
  /** Everything that is there, in any order. */
  list(): AsyncIterable<{ digest: string; size: number; writtenAt: number }>;
  /** Removes what was begun before this time and never became whole: its writer was killed. */
  tidy(before: number): Promise<void>;
}

/** A line of output without its end: a text of ours, or bytes as a program wrote them. */
export type OutputLine = string | Buffer;

/** The output of steps. Bytes stay bytes; offsets are byte offsets, and what stands at one never changes. */
export interface Logs {
  /** Appends; resolves when it is handed to the operating system. Past the log's limit it is held back until the end. */
  append(runId: string, stepId: string, bytes: Buffer): Promise<void>;
  /** Nobody writes for now: what was held back is cut to its last part and appended. A log may be gone on with. */
  end(runId: string, stepId: string): Promise<void>;
  /**
   * At most `limit` bytes from `offset`; an empty buffer when there are none (yet).
   * @param memory what is read into, when its owner reads again and again; at least `limit` bytes
   */
  read(runId: string, stepId: string, offset: number, limit: number, memory?: Buffer): Promise<Buffer>;
  size(runId: string, stepId: string): Promise<number>;
}

/** The logs of all runs, for whoever tidies up: a folder per run. */
export interface LogFolders {
  /** Everything that is there, in any order; size in bytes. */
  list(): AsyncIterable<{ runId: string; size: number }>;
  remove(runId: string): Promise<void>;
}
