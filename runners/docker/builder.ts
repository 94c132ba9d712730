import type Docker from 'dockerode';
import { StepFailure } from '../../engine/model/errors';
import { hashOf } from '../../engine/model/hash';
import type {
  Builder,
  BuiltImage,
  CommandEnd,
  CommandRequest,
  ImageRequest,
  LayerRequest,
  TakeImageRequest,
} from '../../engine/ports/builder';
import type { Bytes } from '../../engine/ports/bytes';
import type { Labels } from '../../engine/ports/cluster';
import { apart } from './bridges';
import { checkContext } from './build-context';
import { type BuildNetworkSettings, commandSurroundings, proxyEnvironment } from './build-environment';
import { cacheVolumes, ensureVolumes } from './cache-volumes';
import { connectDocker, type DockerClient, ignoring, renamed } from './client';
import { runInContainer } from './command-run';
import { commandOptions } from './container-options';
import { hasInit } from './description';
import { baseImageOf, imagesOf, stagesOf } from './dockerfile';
import { BASES_TO_USE, BaseNotFetched, buildKit } from './image-build';
import { ImageNames, splitName } from './image-names';
import { pullImage } from './image-pull';
import { withSums } from './injection';
import { EFFECT_LABEL, EPOCH_LABEL, INSTALLATION_LABEL, labelFilter, ROLE_LABEL, writeLabels } from './labels';
import { layerContext } from './layer-context';
import { ensureNetwork } from './networks';
import { removeContainer } from './removal';

export interface DockerBuilderOptions {
  docker: Docker.DockerOptions;
  /** 16 hex digits; the label that everything of ours carries. */
  installation: string;
  bytes: Bytes;
  /**
   * The installation's network, `gantry-<8>`. Commands do not run on it unless they ask to; its name is the stem of
   * what the builder makes: the network `<stem>-build`, images `<stem>/<app>`, volumes `<stem>-cache-…`.
   */
  network: string;
  settings: BuildNetworkSettings;
}

/** Builds with BuildKit and runs commands in containers of one Docker Engine. */
export class DockerBuilder implements Builder {
  private readonly client: DockerClient;
  private readonly names: ImageNames;

  constructor(private readonly options: DockerBuilderOptions) {
    this.client = connectDocker(options.docker);
    this.names = new ImageNames(options.network);
  }

  async buildImage(request: ImageRequest): Promise<BuiltImage> {
    request.signal.throwIfAborted();
    const { app, dockerfile: path, target, args, labels, signal, onLine } = request;
    const { stream, dockerfile } = checkContext(request.context, path);
    const name = this.names.byEffect(app, labels.effect);
    const build = buildKit(this.client, {
      network: this.options.settings.appNetwork,
      ...{ context: stream, dockerfile: path, target, signal, onLine, tag: name },
      args: { ...proxyEnvironment(this.options.settings), ...args },
      labels: this.imageLabels(app),
    });
    // A refused Dockerfile also breaks the build off; the refusal is the reason to show. A build that breaks off also
    // ends the reading of its context.
    const [text, built] = await Promise.allSettled([dockerfile, build]);
    if (text.status === 'rejected' && text.reason instanceof StepFailure && !signal.aborted) throw text.reason;
    if (built.status === 'rejected') {
      throw text.status === 'fulfilled' ? await this.withMissing(built.reason, text.value, args) : built.reason;
    }
    const image = await this.named(app, built.value, name, signal);
    const base = text.status === 'fulfilled' ? baseImageOf(stagesOf(text.value, args), target) : undefined;
    return { ...image, baseId: base === undefined ? null : ((await this.inspect(base))?.Id ?? null) };
  }

  async layerImage(request: LayerRequest): Promise<BuiltImage> {
    request.signal.throwIfAborted();
    const { app, signal, onLine } = request;
    const baseId = await this.presentBase(request.base);
    const input = this.names.byInput(app, hashOf([baseId, request.files, this.imageLabels(app)]));
    const effect = this.names.byEffect(app, request.labels.effect);
    const known = (await this.inspect(input))?.Id;
    if (known !== undefined) onLine(`the layer is there already: ${known.slice(7, 19)}`);
    const imageId = known ?? (await this.buildLayer(request, baseId, input));
    await this.tag(imageId, effect);
    return { ...(await this.named(app, imageId, effect, signal)), baseId };
  }

  async takeImage(request: TakeImageRequest): Promise<BuiltImage> {
    const { ref, app, credentials, labels, signal, onLine } = request;
    signal.throwIfAborted();
    const [name = '', digest] = ref.split('@');
    const isPulled = digest !== undefined && (await this.inspect(ref)) === undefined;
    if (isPulled) await pullImage(this.client, { name, digest }, credentials, signal, onLine);
    const imageId = await this.resolveImage(ref);
    const effect = this.names.byEffect(app, labels.effect);
    await this.tag(imageId, effect);
    const image = await this.named(app, imageId, effect, signal);
    // It has a name of ours now; another one would keep it here when ours are taken off.
    if (isPulled) await this.removeName(ref);
    return image;
  }

  async runCommand(request: CommandRequest): Promise<CommandEnd> {
    const { installation, network: stem, bytes, settings } = this.options;
    const imageId = await this.resolveImage(request.image);
    const network = request.network ?? settings.appNetwork ?? `${stem}-build`;
    if (network === `${stem}-build`) await ensureNetwork(this.client, network, installation, apart(network));
    const caches = cacheVolumes(stem, request.cache);
    await ensureVolumes(this.client, caches, installation, request.labels.app);
    await this.removeOlder(request.labels);
    const { env, files } = await commandSurroundings(settings);
    const labels = writeLabels(installation, request.labels);
    const init = await hasInit(this.client);
    const options = commandOptions(request, { network, labels, init, imageId, env, caches });
    return runInContainer(this.client, request, { options, files, bytes });
  }

  async resolveImage(name: string): Promise<string> {
    const info = await this.inspect(name);
    if (info !== undefined) return info.Id;
    throw new StepFailure('user', `the image ${name} is not on this machine`, BASES_TO_USE);
  }

  async untag(imageId: string): Promise<void> {
    const info = await this.inspect(imageId);
    if (info === undefined) return;
    const kept = this.names.withdrawn(imageId);
    await this.tag(imageId, kept);
    for (const name of (info.RepoTags ?? []).filter((each) => this.names.isOurs(each) && each !== kept)) {
      if (!this.names.isBase(name)) await this.removeName(name);
    }
  }

  async findImage(effectKey: string): Promise<BuiltImage | undefined> {
    const filters = JSON.stringify({
      reference: [this.names.effectPattern(effectKey)],
      label: [`${INSTALLATION_LABEL}=${this.options.installation}`],
    });
    const [found] = await renamed(this.client, 'list images', this.client.calls.listImages({ filters }));
    return found === undefined ? undefined : { imageId: found.Id, size: found.Size, baseId: null };
  }

  /** Says which image of the Dockerfile is the missing one. */
  private async withMissing(error: unknown, dockerfile: string, args: Record<string, string>): Promise<unknown> {
    if (!(error instanceof BaseNotFetched)) return error;
    const missing: string[] = [];
    for (const name of imagesOf(stagesOf(dockerfile, args))) {
      if ((await this.inspect(name)) === undefined) missing.push(name);
    }
    if (missing.length === 0) return error;
    const message = `FROM ${missing.join(', ')}: not on this machine, and it cannot be fetched: ${error.message}`;
    return new StepFailure('user', message, error.next, { cause: error });
  }

  /** Labels say whose image it is and no more: run and step would make the same content another image. */
  private imageLabels(app: string): Record<string, string> {
    return writeLabels(this.options.installation, { app, role: 'image' });
  }

  private async buildLayer(request: LayerRequest, baseId: string, name: string): Promise<string> {
    const base = this.names.base(baseId);
    await this.tag(baseId, base);
    const files = withSums(request.files.map(({ to, digest, mode }) => ({ to, from: { digest }, mode, verify: true })));
    const context = layerContext(base, files, this.options.bytes);
    return buildKit(this.client, {
      ...{ context, dockerfile: 'Dockerfile', target: null, args: {}, tag: name },
      ...{ labels: this.imageLabels(request.app), signal: request.signal, onLine: request.onLine },
    });
  }

  private async presentBase(base: string): Promise<string> {
    if (!/^sha256:[0-9a-f]{64}$/.test(base)) {
      throw new StepFailure('gantry', `the base ${base} is no image ID`, 'resolve it with resolveImage first');
    }
    return this.resolveImage(base);
  }

  /** The image under its content name. A build that was cancelled at its very end keeps no name. */
  private async named(app: string, imageId: string, effect: string, signal: AbortSignal): Promise<BuiltImage> {
    if (signal.aborted) await this.removeName(effect);
    signal.throwIfAborted();
    await this.tag(imageId, this.names.byContent(app, imageId));
    const info = await this.inspect(imageId);
    return { imageId, size: info?.Size ?? 0, baseId: null };
  }

  /** Containers that an earlier epoch of the same effect left when its runner died. */
  private async removeOlder({ effect, epoch, role }: Labels): Promise<void> {
    if (effect === undefined || epoch === undefined) return;
    const filters = labelFilter(this.options.installation, { [EFFECT_LABEL]: effect, [ROLE_LABEL]: role });
    const listing = this.client.calls.listContainers({ all: true, filters });
    for (const { Id, Labels: labels } of await renamed(this.client, 'list containers', listing)) {
      if (Number(labels[EPOCH_LABEL]) < epoch) await removeContainer(this.client, Id, 0);
    }
  }

  private inspect(name: string): Promise<Docker.ImageInspectInfo | undefined> {
    const call = ignoring([404], this.client.calls.getImage(name).inspect());
    return renamed(this.client, `look for the image ${name}`, call);
  }

  private async tag(imageId: string, name: string): Promise<void> {
    await renamed(this.client, `name an image ${name}`, this.client.calls.getImage(imageId).tag(splitName(name)));
  }

  private async removeName(name: string): Promise<void> {
    const call = ignoring([404], this.client.calls.getImage(name).remove());
    await renamed(this.client, `take the name ${name} away`, call);
  }
}
