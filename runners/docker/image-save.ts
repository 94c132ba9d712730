import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Header } from 'tar-stream';
import { StepFailure } from '../../engine/model/errors';
import type { Bytes } from '../../engine/ports/bytes';
import { type Blob, IMAGE_ARCHIVE_FORMAT, type ImageArchive } from '../../engine/ports/images';
import { eachEntry } from './tar-entries';

/** A layer beyond this is a mistake in a Dockerfile rather than an application. */
export const BLOB_LIMIT_BYTES = 16 * 1024 * 1024 * 1024;
/** A table of contents; the largest known are some KiB. */
const TEXT_LIMIT_BYTES = 8 * 1024 * 1024;

const CONTENTS = 'manifest.json';
/** Layers and configurations: older engines write `<id>/layer.tar` and `<hex>.json`, newer ones `blobs/sha256/<hex>`. */
const BLOB_NAMES = /^(?:[0-9a-f]{64}\/layer\.tar|[0-9a-f]{64}\.json|blobs\/sha256\/[0-9a-f]{64})$/;

/** What we read of an image's configuration. */
export interface ImageConfig {
  rootfs: {
    /** Digests of the layers' own bytes, from the base upwards. */
    diff_ids: string[];
  };
}

/** What one pass over Docker's archive of an image has found. */
interface Pass {
  blobs: Map<string, Blob>;
  /** A layer that stands twice in an image is a link the second time. */
  links: Map<string, string>;
  contents: string | undefined;
  /** Names of entries that were hashed and not written, since blobs of their size are kept. */
  unwritten: Set<string>;
}

/**
 * Reads `docker save` into blobs. A base is hundreds of megabytes that every release has again, and Docker sends it each
 * time: an entry as large as a blob that is kept is hashed only. Were it another one of the same size, a second pass
 * writes it.
 * @param save begins to send the archive, from its first byte
 * @throws StepFailure (world) when the archive is not that of this image; what fails while sending
 */
export async function storeArchive(
  imageId: string,
  save: () => Promise<Readable>,
  known: readonly Blob[],
  kept: Bytes,
): Promise<ImageArchive> {
  const there = await thatAreThere(known, kept);
  const first = await readArchive(await save(), kept, (_name, size) => !there.has(size));
  const others = [...first.unwritten].filter((name) => {
    const blob = first.blobs.get(name);
    return blob !== undefined && !there.get(blob.size)?.has(blob.digest);
  });
  if (others.length > 0) await readArchive(await save(), kept, (name) => others.includes(name));
  return archiveOf(imageId, first, kept);
}

/** Digests by size. */
async function thatAreThere(known: readonly Blob[], kept: Bytes): Promise<Map<number, Set<string>>> {
  const there = new Map<number, Set<string>>();
  for (const { digest, size } of known) {
    if (there.get(size)?.has(digest) || !(await kept.has(digest))) continue;
    there.set(size, (there.get(size) ?? new Set()).add(digest));
  }
  return there;
}

async function readArchive(
  stream: Readable,
  kept: Bytes,
  isWritten: (name: string, size: number) => boolean,
): Promise<Pass> {
  const pass: Pass = { blobs: new Map(), links: new Map(), contents: undefined, unwritten: new Set() };
  try {
    await eachEntry(stream, (header, content) => readEntry(header, content, pass, kept, isWritten));
    return pass;
  } finally {
    stream.destroy();
  }
}

async function readEntry(
  { name, type, linkname, size }: Header,
  content: NodeJS.ReadableStream,
  pass: Pass,
  kept: Bytes,
  isWritten: (name: string, size: number) => boolean,
): Promise<void> {
  if (type === 'symlink') pass.links.set(name, posix.join(posix.dirname(name), linkname ?? ''));
  if (type !== 'file') return;
  if (name === CONTENTS && size <= TEXT_LIMIT_BYTES) pass.contents = await text(content);
  if (!BLOB_NAMES.test(name)) return;
  if (isWritten(name, size)) pass.blobs.set(name, await kept.put(content, BLOB_LIMIT_BYTES));
  else {
    pass.blobs.set(name, await hashOnly(content));
    pass.unwritten.add(name);
  }
}

async function hashOnly(content: NodeJS.ReadableStream): Promise<Blob> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

async function archiveOf(imageId: string, pass: Pass, kept: Bytes): Promise<ImageArchive> {
  const [image] = JSON.parse(pass.contents ?? '[]') as { Config: string; Layers: string[] }[];
  if (image === undefined) throw otherBytes(imageId, 'it has no table of contents');
  const blobNamed = (name: string): Blob => {
    const blob = pass.blobs.get(pass.links.get(name) ?? name);
    if (blob === undefined) throw otherBytes(imageId, `it lacks ${name}`);
    return blob;
  };
  const config = blobNamed(image.Config);
  const layers = image.Layers.map(blobNamed);
  if (config.digest !== imageId) throw otherBytes(imageId, `its configuration is ${config.digest}`);
  const { rootfs } = JSON.parse(await text(kept.read(config.digest))) as ImageConfig;
  for (const [i, diffId] of rootfs.diff_ids.entries()) {
    // A newer engine may send a layer compressed: then its name is its digest.
    const expected = [diffId, `sha256:${posix.basename(image.Layers[i] ?? '')}`];
    if (!expected.includes(layers[i]?.digest ?? '')) throw otherBytes(imageId, `its layer ${i} is not ${diffId}`);
  }
  return { format: IMAGE_ARCHIVE_FORMAT, image: imageId, config, layers };
}

function otherBytes(imageId: string, why: string): StepFailure {
  const message = `what Docker saved is not the image ${imageId}: ${why}`;
  return new StepFailure('world', message, 'see "docker save" with this image, and the version of Docker');
}
