import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import type { Bytes } from '../../engine/ports/bytes';
import type { Blob, ImageArchive } from '../../engine/ports/images';

/**
 * Kept blobs as the archive that `docker load` reads.
 * @param name the image's name on that engine, with its tag
 * @param present how many layers, from the base upwards, the engine has already: they are named and not sent
 */
export function loadableArchive(archive: ImageArchive, name: string, present: number, kept: Bytes): Readable {
  const stream = pack();
  addAll(stream, archive, name, present, kept).then(
    () => stream.finalize(),
    (error: Error) => stream.destroy(error),
  );
  return stream as unknown as Readable;
}

async function addAll(stream: Pack, archive: ImageArchive, name: string, present: number, kept: Bytes): Promise<void> {
  const { config, layers } = archive;
  const contents = [{ Config: configName(config), RepoTags: [name], Layers: layers.map(layerName) }];
  stream.entry({ name: 'manifest.json' }, JSON.stringify(contents));
  await addBlob(stream, configName(config), config, kept);
  const sent = new Set<string>();
  for (const layer of layers.slice(present)) {
    if (!sent.has(layer.digest)) await addBlob(stream, layerName(layer), layer, kept);
    sent.add(layer.digest);
  }
}

async function addBlob(stream: Pack, name: string, { digest, size }: Blob, kept: Bytes): Promise<void> {
  await pipeline(kept.read(digest), stream.entry({ name, size }));
}

const hexOf = ({ digest }: Blob): string => digest.replace('sha256:', '');
const configName = (blob: Blob): string => `${hexOf(blob)}.json`;
const layerName = (blob: Blob): string => `${hexOf(blob)}/layer.tar`;
