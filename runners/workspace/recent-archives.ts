import { Readable } from 'node:stream';
import { Recent } from '../../engine/model/recent';

/** A larger archive is not kept: reading it from Git again is a small part of handing it on. */
export const KEPT_BYTES = 1024 * 1024;
/** Archives that are kept; the oldest goes first. */
export const KEPT = 16;

/**
 * Archives of commits that were asked for lately. A commit never changes, and several steps of a run ask for the same
 * one: commands, checks, builds.
 */
export class RecentArchives {
  private readonly kept = new Recent<string, Buffer>(KEPT);

  /** @param make makes the archive when it is not kept; what it yields is handed on as it comes */
  async get(key: string, make: () => Promise<NodeJS.ReadableStream>): Promise<NodeJS.ReadableStream> {
    const known = this.kept.get(key);
    if (known !== undefined) return Readable.from(known);
    return Readable.from(this.keeping(key, await make()), { objectMode: false });
  }

  private async *keeping(key: string, archive: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of archive as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= KEPT_BYTES) chunks.push(chunk);
      yield chunk;
    }
    if (size <= KEPT_BYTES) this.kept.put(key, Buffer.concat(chunks));
  }
}
