import { finished } from 'node:stream/promises';
import { StepFailure } from '../../../engine/model/errors';
import {
  type Blob,
  blobsOf,
  type ClusterImages,
  IMAGE_ARCHIVE_FORMAT,
  type ImageArchive,
} from '../../../engine/ports/images';
import type { SimulatedBytes } from './bytes';
import type { SimulatedCluster } from './cluster';

/** Images are a few words each; all of them stand on one base. */
export class SimulatedImages implements ClusterImages {
  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly kept: SimulatedBytes,
  ) {}

  async keep(imageId: string, known: readonly Blob[]): Promise<ImageArchive> {
    if (!(await this.cluster.hasImage(imageId))) throw new StepFailure('user', `${imageId} is not on this cluster`);
    const put = async (words: string): Promise<Blob> => {
      const bytes = Buffer.from(words);
      const there = known.find(({ digest }) => this.kept.kept.get(digest)?.bytes.equals(bytes) === true);
      return there ?? this.kept.store(bytes);
    };
    const config = await put(`configuration of ${imageId}`);
    const layers = [await put('the base'), await put(`the layer of ${imageId}`)];
    return { format: IMAGE_ARCHIVE_FORMAT, image: imageId, config, layers };
  }

  async restore(archive: ImageArchive): Promise<void> {
    for (const { digest } of blobsOf(archive)) await finished(this.kept.read(digest).resume());
    this.cluster.images.add(archive.image);
  }
}
