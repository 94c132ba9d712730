import { StepFailure } from '../../../engine/model/errors';
import { hashOf } from '../../../engine/model/hash';
import type {
  BuildCall,
  Builder,
  BuiltImage,
  CommandEnd,
  CommandRequest,
  ImageRequest,
  LayerRequest,
  TakeImageRequest,
} from '../../../engine/ports/builder';
import type { SimulatedBytes } from './bytes';
import { BASE, type SimulatedCluster } from './cluster';
import type { WorldRecord } from './record';

/** Builds that are over at once: an image is the hash of what it is made from. */
export class SimulatedBuilder implements Builder {
  private readonly byEffect = new Map<string, BuiltImage>();

  constructor(
    private readonly record: WorldRecord,
    private readonly cluster: SimulatedCluster,
    private readonly bytes: SimulatedBytes,
  ) {}

  async buildImage(request: ImageRequest): Promise<BuiltImage> {
    const content = await textOf(request.context);
    return this.keep(request, hashOf([content, request.dockerfile, request.app]), null);
  }

  async layerImage(request: LayerRequest): Promise<BuiltImage> {
    const { base, files, app } = request;
    for (const { digest } of files) await this.bytes.file(digest);
    return this.keep(request, hashOf([base, files, app]), base);
  }

  takeImage(request: TakeImageRequest): Promise<BuiltImage> {
    return this.keep(request, hashOf(request.ref), null);
  }

  async runCommand(request: CommandRequest): Promise<CommandEnd> {
    const content = request.sources === undefined ? '' : await textOf(request.sources);
    await this.record.docker(() => this.record.note('command-run', request.command, true));
    const exitCode = request.command === 'false' ? 1 : 0;
    const end = { exitCode, outOfMemory: false, timedOut: false };
    if (request.take === undefined || exitCode !== 0) return { ...end, taken: null };
    const taken = await this.bytes.store(Buffer.from(`artifact of ${content}`));
    return { ...end, taken: { name: 'app.bin', ...taken } };
  }

  async resolveImage(name: string): Promise<string> {
    return name.startsWith('sha256:') ? name : `${BASE}${hashOf(name).slice(4)}`;
  }

  async untag(imageId: string): Promise<void> {
    await this.record.docker(() => {
      for (const [effect, image] of this.byEffect) if (image.imageId === imageId) this.byEffect.delete(effect);
    });
  }

  findImage(effectKey: string): Promise<BuiltImage | undefined> {
    return this.record.docker(() => this.byEffect.get(effectKey));
  }

  /** Everything as it is there. */
  copy(other: SimulatedBuilder): void {
    for (const [effect, image] of other.byEffect) this.byEffect.set(effect, image);
  }

  private keep({ labels, signal }: BuildCall, hash: string, baseId: string | null): Promise<BuiltImage> {
    return this.record.docker(() => {
      signal.throwIfAborted();
      const image: BuiltImage = { imageId: `sha256:${hash}`, size: 1_000, baseId };
      this.record.note('image-build', image.imageId, !this.cluster.images.has(image.imageId));
      this.cluster.images.add(image.imageId);
      if (labels.effect !== undefined) this.byEffect.set(labels.effect, image);
      return image;
    });
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  if (text === '') throw new StepFailure('gantry', 'an empty source tree');
  return text;
}
