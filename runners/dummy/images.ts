import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { StepFailure } from '../../engine/model/errors';
import type { Bytes } from '../../engine/ports/bytes';
import {
  type Blob,
  blobsOf,
  type ClusterImages,
  IMAGE_ARCHIVE_FORMAT,
  type ImageArchive,
} from '../../engine/ports/images';
import type { DummyCluster } from './cluster';

const BLOB_LIMIT_BYTES = 4_096;

/** Images that are only names, kept as a few words each: same contract, and all of them stand on one base. */
export class DummyImages implements ClusterImages {
  constructor(
    private readonly cluster: DummyCluster,
    private readonly kept: Bytes,
  ) {}

  async keep(imageId: string, _known: readonly Blob[], signal: AbortSignal): Promise<ImageArchive> {
    signal.throwIfAborted();
    if (!(await this.cluster.hasImage(imageId))) {
      throw new StepFailure('user', `the image ${imageId} is not on this cluster any more`);
    }
    const config = await this.put(`configuration of ${imageId}`);
    const layers = [await this.put('the base'), await this.put(`the layer of ${imageId}`)];
    return { format: IMAGE_ARCHIVE_FORMAT, image: imageId, config, layers };
  }

  async restore(archive: ImageArchive, _app: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (const { digest } of blobsOf(archive)) await finished(this.kept.read(digest).resume());
    this.cluster.addImage(archive.image);
  }

  private put(words: string): Promise<Blob> {
    return this.kept.put(Readable.from([Buffer.from(words)]), BLOB_LIMIT_BYTES);
  }
}
