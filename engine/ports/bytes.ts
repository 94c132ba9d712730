/**
 * Bytes by content: artifacts now, image archives later. Files by default, object storage behind the same door.
 * A digest is `sha256:<hex>`. What is being written is invisible until it is whole.
 */
export interface Bytes {
  /** Stores a stream. @throws GantryError `too-large` past the limit; nothing is left behind. */
  put(stream: NodeJS.ReadableStream, limitBytes: number): Promise<{ digest: string; size: number }>;
  has(digest: string): Promise<boolean>;
  /** Path of a local file with these bytes, hash checked. @throws GantryError `artifact-damaged`, `not-found`. */
  file(digest: string): Promise<string>;
  remove(digest: string): Promise<void>;
}

/** The output of steps. Bytes stay bytes; offsets are byte offsets. */
export interface Logs {
  /** Appends; resolves when it is handed to the operating system. */
  append(runId: string, stepId: string, bytes: Buffer): Promise<void>;
  /** At most `limit` bytes from `offset`; an empty buffer when there are none (yet). */
  read(runId: string, stepId: string, offset: number, limit: number): Promise<Buffer>;
  size(runId: string, stepId: string): Promise<number>;
}
