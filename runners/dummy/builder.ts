import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { StepFailure } from '../../engine/model/errors';
import { hashOf } from '../../engine/model/hash';
import type {
  BuildCall,
  Builder,
  BuiltImage,
  CommandEnd,
  CommandRequest,
  ImageRequest,
  LayerRequest,
  TakeImageRequest,
} from '../../engine/ports/builder';
import type { Bytes } from '../../engine/ports/bytes';
import { oneFileArchive } from './archive';
import { type DummyEntry, type Journal, memoryJournal } from './journal';
import { KILLED, readScript, sleep } from './script';

export interface DummyBuilderOptions {
  bytes: Bytes;
  /** Default: one in memory. */
  journal?: Journal;
}

const IMAGE_SIZE = 1_000_000;
const TAKE_LIMIT_BYTES = 1024 * 1024;
/** Exit code of a command that was killed because its time was over. */
const TIMED_OUT = KILLED;

/**
 * Builds that only look like builds: an image is the hash of what it would be made from, a command ends as its own
 * environment says (docs/dummy.md). Equal input gives equal images and artifacts, as with a real builder.
 */
export class DummyBuilder implements Builder {
  private readonly images = new Map<string, BuiltImage>();
  private readonly byEffect = new Map<string, string>();
  /** Epoch of the step whose command runs, by its effect. */
  private readonly commands = new Map<string, number>();
  private readonly journal: Journal;

  constructor(private readonly options: DummyBuilderOptions) {
    this.journal = options.journal ?? memoryJournal();
    this.journal.follow((entry) => this.apply(entry));
  }

  async buildImage(request: ImageRequest): Promise<BuiltImage> {
    const { context, dockerfile, target, args, app, signal } = request;
    signal.throwIfAborted();
    const content = await hashStream(context);
    request.onLine(`[1/1] ${dockerfile}`);
    await this.play(request, args);
    return this.keep(request, hashOf([content, dockerfile, target, args, app]), null);
  }

  async layerImage(request: LayerRequest): Promise<BuiltImage> {
    request.signal.throwIfAborted();
    const { base, files, app } = request;
    if (!/^sha256:[0-9a-f]{64}$/.test(base)) {
      throw new StepFailure('gantry', `the base ${base} is no image ID`, 'resolve it with resolveImage first');
    }
    for (const { digest } of files) await this.options.bytes.file(digest);
    return this.keep(request, hashOf([base, files, app]), base);
  }

  async takeImage(request: TakeImageRequest): Promise<BuiltImage> {
    request.signal.throwIfAborted();
    const [, digest] = request.ref.split('@');
    return this.keep(request, digest === undefined ? request.ref.replace('sha256:', '') : hashOf(digest), null);
  }

  async runCommand(request: CommandRequest): Promise<CommandEnd> {
    request.signal.throwIfAborted();
    await this.resolveImage(request.image);
    const { sources, env, timeoutMs, take, onLine } = request;
    const script = readScript(env);
    if (script.failStart !== undefined) {
      throw new StepFailure('user', `the command cannot be started: ${script.failStart}`, 'see DUMMY_FAIL_START');
    }
    const content = sources === undefined ? '' : await hashStream(sources);
    onLine(`$ ${request.command}`);
    for (const line of script.log) onLine(line);
    const timedOut = script.sleepMs > timeoutMs;
    await this.spend(request, Math.min(script.sleepMs, timeoutMs));
    const exitCode = timedOut ? TIMED_OUT : script.outOfMemory ? KILLED : (script.exit ?? 0);
    const end = { exitCode, outOfMemory: script.outOfMemory, timedOut };
    if (take === undefined || exitCode !== 0) return { ...end, taken: null };
    return { ...end, taken: await this.take(take, hashOf([content, request.command, request.image])) };
  }

  async resolveImage(name: string): Promise<string> {
    this.journal.catchUp();
    if (this.images.has(name)) return name;
    if (name.startsWith('gantry/')) return `sha256:${hashOf(name.replace(/:latest$/, ''))}`;
    if (/^sha256:[0-9a-f]{64}$/.test(name)) return name;
    const next = 'use a gantry/… base: the dummy runner knows no other image';
    throw new StepFailure('user', `the image ${name} is not on this machine`, next);
  }

  async untag(imageId: string): Promise<void> {
    this.journal.append({ does: 'untag-image', imageId });
  }

  async findImage(effectKey: string): Promise<BuiltImage | undefined> {
    this.journal.catchUp();
    return this.images.get(this.byEffect.get(effectKey) ?? '');
  }

  /**
   * The time of a command that takes some. Whoever begins it in a later epoch removes what runs of an earlier one, as
   * with a container.
   */
  private async spend({ labels, signal }: CommandRequest, ms: number): Promise<void> {
    const { effect, epoch = 0 } = labels;
    if (ms <= 0 || effect === undefined) return sleep(ms, signal);
    const runs = (): boolean => {
      this.journal.catchUp();
      return this.commands.get(effect) === epoch;
    };
    this.journal.append({ does: 'begin-command', effect, epoch });
    let removed = !runs();
    if (!removed) {
      await sleep(ms, signal).finally(() => {
        removed = !runs();
        if (!removed) this.journal.append({ does: 'end-command', effect, epoch });
      });
    }
    if (removed) throw new StepFailure('world', 'the container of the command was removed', 'see who has the step now');
  }

  private apply(entry: DummyEntry): void {
    if (entry.does === 'keep-image' && !this.byEffect.has(entry.effect ?? '')) {
      this.images.set(entry.image.imageId, entry.image);
      if (entry.effect !== undefined) this.byEffect.set(entry.effect, entry.image.imageId);
    }
    if (entry.does === 'untag-image') {
      for (const [effect, image] of this.byEffect) if (image === entry.imageId) this.byEffect.delete(effect);
    }
    if (entry.does === 'begin-command' && entry.epoch >= (this.commands.get(entry.effect) ?? 0)) {
      this.commands.set(entry.effect, entry.epoch);
    }
    if (entry.does === 'end-command' && this.commands.get(entry.effect) === entry.epoch) {
      this.commands.delete(entry.effect);
    }
  }

  private async play(request: BuildCall, env: Readonly<Record<string, string>>): Promise<void> {
    const script = readScript(env);
    for (const line of script.log) request.onLine(line);
    await sleep(script.sleepMs, request.signal);
    const exit = script.outOfMemory ? KILLED : (script.exit ?? 0);
    if (script.failStart === undefined && exit === 0) return;
    const why = script.failStart ?? `a command ended with exit code ${exit}`;
    throw new StepFailure('user', `the build failed: ${why}`, 'its build arguments (DUMMY_…) say so');
  }

  private keep(request: BuildCall, hash: string, baseId: string | null): BuiltImage {
    request.signal.throwIfAborted();
    const image: BuiltImage = { imageId: `sha256:${hash}`, size: IMAGE_SIZE, baseId };
    this.journal.append({ does: 'keep-image', effect: request.labels.effect, image });
    request.onLine(`image ${image.imageId.slice(7, 19)}`);
    return { ...image };
  }

  /** A made-up file of the kind that was asked for. Its name is the pattern with each wildcard filled in. */
  private async take(glob: string, hash: string): Promise<CommandEnd['taken']> {
    const name = (glob.split('/').at(-1) ?? glob).replace(/\*+|\?/g, 'dummy');
    const inside = name.endsWith('.ear') ? 'META-INF/application.xml' : 'WEB-INF/dummy.txt';
    const isArchive = name.endsWith('.war') || name.endsWith('.ear');
    const content = isArchive ? oneFileArchive(inside, hash) : Buffer.from(hash);
    return { name, ...(await this.options.bytes.put(Readable.from([content]), TAKE_LIMIT_BYTES)) };
  }
}

function hashStream(stream: NodeJS.ReadableStream): Promise<string> {
  const hash = createHash('sha256');
  return new Promise((resolve, reject) => {
    stream
      .on('data', (chunk: Buffer) => hash.update(chunk))
      .once('end', () => resolve(hash.digest('hex')))
      .once('error', reject);
  });
}
