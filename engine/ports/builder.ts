import type { OutputLine } from './bytes';
import type { Labels } from './cluster';
import type { SecretFile } from './secrets';

/**
 * Builds: images by Dockerfile, commands in containers, thin layers. Everything runs away from production's network.
 *
 * Contract: calls may run at once; `signal` ends a build and leaves nothing behind (no container, no half image). With a
 * signal that was aborted before, a command only removes the container that an earlier epoch of it left.
 * @throws StepFailure with fault `user` when the user's build failed, `world` when the engine did not answer.
 */
export interface Builder {
  /** Builds the Dockerfile at `folder` of the commit. The image is tagged only with a name of this installation. */
  buildImage(request: ImageRequest): Promise<BuiltImage>;
  /** Puts files on top of a base image as one layer; same input, same bytes. */
  layerImage(request: LayerRequest): Promise<BuiltImage>;
  /** Brings an image here that was built elsewhere, by its digest; one that is here already is not fetched. */
  takeImage(request: TakeImageRequest): Promise<BuiltImage>;
  /** Runs a command in a fresh container with the sources as its working folder. */
  runCommand(request: CommandRequest): Promise<CommandEnd>;
  /** The image ID behind a `gantry/…` base or an image name that is present; pulls nothing. */
  resolveImage(name: string): Promise<string>;
  /** Takes the name off an image again (undo of a build); its bytes stay until collected. */
  untag(imageId: string): Promise<void>;
  /** An image of ours by the effect that built it; undefined when there is none. */
  findImage(effectKey: string): Promise<BuiltImage | undefined>;
}

export interface BuildCall {
  labels: Labels;
  signal: AbortSignal;
  onLine: (line: OutputLine) => void;
}

export interface ImageRequest extends BuildCall {
  /** Tar stream of the build context. */
  context: NodeJS.ReadableStream;
  dockerfile: string;
  target: string | null;
  args: Record<string, string>;
  /** Name part of our tag, for example `storefront`. */
  app: string;
}

export interface LayerRequest extends BuildCall {
  base: string;
  files: { to: string; digest: string; mode: number }[];
  app: string;
}

export interface TakeImageRequest extends BuildCall {
  /** `sha256:…` of an image that is here, or `registry/name@sha256:…`. */
  ref: string;
  app: string;
  /** For the registry; never in a log, a label or a record. */
  credentials: RegistryCredentials | null;
}

export type RegistryCredentials = { username: string; password: string } | { identityToken: string };

export interface BuiltImage {
  /** `sha256:…`: where there is no registry, the image ID is its identity. */
  imageId: string;
  size: number;
  /** Image ID of the base that it stands on, when known. */
  baseId: string | null;
}

export interface CommandRequest extends BuildCall {
  image: string;
  command: string;
  env: Record<string, string>;
  /** Tar stream of the working folder; undefined: an empty one. */
  sources?: NodeJS.ReadableStream;
  /** Files that only this command sees, in memory: never an environment variable, an argument or a layer. */
  secrets?: readonly SecretFile[];
  /** Folders kept between commands of this app. */
  cache: { key: string; paths: string[] };
  memory: number;
  timeoutMs: number;
  /** Glob in the working folder; the one file that matches is taken out. */
  take?: string;
  /** Network to join; default: one of its own with access to package registries only through the host's settings. */
  network?: string;
  /** Extra host names that lead to the gateway, for checks of an environment. */
  hosts?: Record<string, string>;
}

export interface CommandEnd {
  exitCode: number;
  outOfMemory: boolean;
  timedOut: boolean;
  /** Only with `take` and exit code 0. */
  taken: { name: string; digest: string; size: number } | null;
}
