/**
 * An image as bytes that are kept: its configuration and its layers, each by its own digest. So what images share (the
 * base that releases stand on) is stored once.
 */
export interface ImageArchive {
  format: typeof IMAGE_ARCHIVE_FORMAT;
  /** The image ID; without a registry it is the image's identity. */
  image: string;
  config: Blob;
  /** From the base upwards. */
  layers: Blob[];
}

/** Version of the shape above; stored with each archive. */
export const IMAGE_ARCHIVE_FORMAT = 1;

export interface Blob {
  digest: string;
  /** Bytes. */
  size: number;
}

/**
 * The bytes of a cluster's images: out, to be kept, and in again, also on another cluster.
 *
 * Contract: both calls may be repeated and may run at once; nothing is ever in memory as a whole, and a digest is
 * checked on the way in and on the way out. `signal` ends them; what was stored until then is whole blobs.
 */
export interface ClusterImages {
  /**
   * Stores an image of the cluster. A blob that stands in `known` and is there is not written again.
   * @throws StepFailure `user` when the cluster has no such image, `world` when it did not answer or gave other bytes.
   */
  keep(imageId: string, known: readonly Blob[], signal: AbortSignal): Promise<ImageArchive>;
  /**
   * Puts a kept image on the cluster; `app` is for its name there.
   * @throws StepFailure `world`; GantryError `artifact-missing`, `artifact-damaged`.
   */
  restore(archive: ImageArchive, app: string, signal: AbortSignal): Promise<void>;
}

export const blobsOf = (archive: ImageArchive): Blob[] => [archive.config, ...archive.layers];

/** All of it, layers that other images share included. */
export const sizeOf = (archive: ImageArchive): number => blobsOf(archive).reduce((sum, { size }) => sum + size, 0);
