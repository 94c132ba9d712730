import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import type { Bytes } from '../../engine/ports/bytes';
import type { InjectedFile } from '../../engine/ports/cluster';
import { packFiles } from './injection';

const BLOCK = 512;
const FIXED = { mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 };

/**
 * A build context that puts files on `base` as one layer. They go as a tar inside the context, for ADD to unpack:
 * COPY of a folder would give the base's own folders our owner and mode, and a server could not write there any more.
 * @param base a name that BuildKit finds on this engine
 */
export function layerContext(base: string, files: readonly InjectedFile[], bytes: Bytes): Readable {
  const context = pack();
  context.entry({ ...FIXED, name: 'Dockerfile' }, `FROM ${base}\nADD layer.tar /\n`);
  addLayer(context, files, bytes).then(
    () => context.finalize(),
    (error: Error) => context.destroy(error),
  );
  return context as unknown as Readable;
}

async function addLayer(context: Pack, files: readonly InjectedFile[], bytes: Bytes): Promise<void> {
  const size = await archiveSize(files, bytes);
  await pipeline(packFiles(files, bytes), context.entry({ ...FIXED, name: 'layer.tar', size }));
}

/** A tar entry needs its size beforehand: that of the same archive with empty files, and of the contents in blocks. */
async function archiveSize(files: readonly InjectedFile[], bytes: Bytes): Promise<number> {
  const empty = files.map((file): InjectedFile => ({ ...file, from: { text: '' } }));
  let total = (await buffer(packFiles(empty, bytes))).length;
  for (const { from } of files) {
    const size = 'text' in from ? Buffer.byteLength(from.text) : (await stat(await bytes.file(from.digest))).size;
    total += Math.ceil(size / BLOCK) * BLOCK;
  }
  return total;
}
