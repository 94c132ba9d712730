import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { StepFailure } from '../../engine/model/errors';
import type { Bytes } from '../../engine/ports/bytes';
import type { Blob, ClusterImages, ImageArchive } from '../../engine/ports/images';
import { connectDocker, type DockerClient, ignoring, renamed, renamedError, sending, unless, within } from './client';
import { linesOf } from './image-build';
import { loadableArchive } from './image-load';
import { ImageNames } from './image-names';
import { type ImageConfig, storeArchive } from './image-save';

const KEEP_LIMIT_MS = 30 * 60_000;
const RESTORE_LIMIT_MS = 10 * 60_000;

/** The images of one Docker Engine, out to kept bytes and in again. */
export class DockerImages implements ClusterImages {
  private readonly client: DockerClient;
  private readonly names: ImageNames;

  /** @param options `network`: the installation's network, stem of its images' names; `kept`: where blobs are */
  constructor(private readonly options: { docker: Docker.DockerOptions; network: string; kept: Bytes }) {
    this.client = connectDocker(options.docker);
    this.names = new ImageNames(options.network);
  }

  async keep(imageId: string, known: readonly Blob[], signal: AbortSignal): Promise<ImageArchive> {
    const limit = within(KEEP_LIMIT_MS, signal);
    const call = ignoring([404], this.client.calls.getImage(imageId).inspect());
    if ((await renamed(this.client, `look for the image ${imageId}`, call)) === undefined) {
      throw new StepFailure('user', `the image ${imageId} is not on this cluster any more`);
    }
    const save = async (): Promise<Readable> => {
      const stream = await unless(limit, () => this.client.streams.getImage(imageId).get());
      limit.addEventListener('abort', () => stream.destroy(limit.reason), { once: true });
      return stream;
    };
    try {
      return await storeArchive(imageId, save, known, this.options.kept);
    } catch (error) {
      signal.throwIfAborted();
      throw renamedError(this.client, `save the image ${imageId}`, error);
    }
  }

  async restore(archive: ImageArchive, app: string, signal: AbortSignal): Promise<void> {
    const present = await this.layersPresent(archive);
    const name = this.names.byContent(app, archive.image);
    const refusal = await this.load(archive, name, present, signal);
    // An engine that keeps images in another way may want every layer in the archive.
    const again = refusal !== undefined && present > 0 ? await this.load(archive, name, 0, signal) : refusal;
    if (again !== undefined)
      throw new StepFailure('world', `Docker refused the kept image: ${again}`, 'see gantry doctor');
    const loaded = await renamed(this.client, 'look for an image', this.client.calls.getImage(name).inspect());
    if (loaded.Id === archive.image) return;
    throw new StepFailure('world', `Docker made ${loaded.Id} of the kept image ${archive.image}`, 'see gantry doctor');
  }

  /** Docker's refusal; undefined when the image is in. */
  private async load(
    archive: ImageArchive,
    name: string,
    present: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const limit = within(RESTORE_LIMIT_MS, signal);
    try {
      return await sending(
        loadableArchive(archive, name, present, this.options.kept),
        limit,
        async (body, abortSignal) =>
          refusalIn((await this.client.streams.loadImage(body, { quiet: true, abortSignal })) as Readable),
      );
    } catch (error) {
      signal.throwIfAborted();
      throw renamedError(this.client, 'load a kept image', error);
    }
  }

  /** How many of the archive's layers, from its base upwards, some image of this engine stands on already. */
  private async layersPresent({ config }: ImageArchive): Promise<number> {
    const { rootfs } = JSON.parse(await text(this.options.kept.read(config.digest))) as ImageConfig;
    const images = await renamed(this.client, 'list images', this.client.calls.listImages());
    const shared = images.map(async ({ Id }) => {
      const call = ignoring([404], this.client.calls.getImage(Id).inspect());
      const layers = (await renamed(this.client, `look for the image ${Id}`, call))?.RootFS.Layers ?? [];
      const differs = rootfs.diff_ids.findIndex((diffId, i) => layers[i] !== diffId);
      return differs === -1 ? rootfs.diff_ids.length : differs;
    });
    return Math.max(0, ...(await Promise.all(shared)));
  }
}

/** What Docker says while it loads, line by line; an error among it is its refusal. */
async function refusalIn(answer: Readable): Promise<string | undefined> {
  let refusal: string | undefined;
  for await (const line of linesOf(answer)) refusal ??= (JSON.parse(line) as { error?: string }).error;
  return refusal;
}
