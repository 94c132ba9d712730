import { Readable } from 'node:stream';
import { GantryError } from '../../../engine/model/errors';
import { sha256 } from '../../../engine/model/hash';
import type { Bytes } from '../../../engine/ports/bytes';
import { reach } from '../process';
import type { ActKind } from '../simulation';
import type { WorldRecord } from './record';

interface Kept {
  bytes: Buffer;
  writtenAt: number;
  /** False since a byte was flipped. */
  sound: boolean;
}

/** Bytes in memory that may be flipped. */
export class SimulatedBytes implements Bytes {
  readonly kept = new Map<string, Kept>();

  constructor(
    private readonly record: WorldRecord,
    private readonly removal: ActKind,
    private readonly now: () => number,
  ) {}

  async put(stream: NodeJS.ReadableStream): Promise<{ digest: string; size: number }> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(Buffer.from(chunk));
    return this.store(Buffer.concat(chunks));
  }

  /** @see put */
  async store(bytes: Buffer): Promise<{ digest: string; size: number }> {
    await reach();
    const digest = `sha256:${sha256(bytes)}`;
    const known = this.kept.get(digest);
    if (known?.sound !== true) this.kept.set(digest, { bytes, writtenAt: this.now(), sound: true });
    return { digest, size: bytes.length };
  }

  async has(digest: string): Promise<boolean> {
    return this.kept.has(digest);
  }

  async file(digest: string): Promise<string> {
    this.demand(digest);
    return `/artifacts/${digest.slice(7)}`;
  }

  read(digest: string): Readable {
    const source = async function* (this: SimulatedBytes) {
      yield this.demand(digest).bytes;
    };
    return Readable.from(source.call(this));
  }

  async remove(digest: string): Promise<void> {
    await reach();
    this.record.note(this.removal, digest, this.kept.delete(digest));
  }

  async *list(): AsyncGenerator<{ digest: string; size: number; writtenAt: number }> {
    for (const [digest, { bytes, writtenAt }] of [...this.kept]) yield { digest, size: bytes.length, writtenAt };
  }

  async tidy(): Promise<void> {
    // Nothing is ever half written here.
  }

  isSound(digest: string): boolean {
    return this.kept.get(digest)?.sound === true;
  }

  /** Everything as it is there. */
  copy(other: SimulatedBytes): void {
    for (const [digest, kept] of other.kept) this.kept.set(digest, { ...kept });
  }

  /** A byte is flipped. */
  damage(nth: number): void {
    const one = [...this.kept.values()][nth % Math.max(1, this.kept.size)];
    if (one !== undefined) one.sound = false;
  }

  private demand(digest: string): Kept {
    const kept = this.kept.get(digest);
    if (kept === undefined) throw new GantryError('not-found', 'artifact-missing', `there are no bytes ${digest}`);
    if (!kept.sound) throw new GantryError('conflict', 'artifact-damaged', `the bytes ${digest} were changed`);
    return kept;
  }
}
