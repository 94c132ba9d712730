import type { InstanceEnd } from '../model/instance-end';
import type { SecretFile } from './secrets';

/**
 * A place where instances of releases run: a Docker Engine now, a Swarm later. It speaks of instances, never of
 * containers or services.
 *
 * Contract:
 * - Every call may be repeated and may run at once with any other.
 * - `startInstance` is single by name: a second call with the same name adopts what is there, if its effect key is the
 *   same, and is refused with `NameTakenError` if it is not.
 * - Everything made carries the labels of `Labels`; nothing without our installation's label is read or touched.
 * - Foreign errors are renamed: `StepFailure` with fault `world` when Docker does not answer or refuses, `user` when
 *   what the user gave is at fault (no such image, the process dies).
 */
export interface Cluster {
  readonly name: string;
  /** @throws StepFailure (world) when the engine does not answer. */
  describe(): Promise<ClusterDescription>;
  /** Makes and starts one instance: network, injected files, environment, limits. Does not wait for health. */
  startInstance(spec: InstanceSpec): Promise<InstanceSeen>;
  /**
   * Puts an instance where it finds the other apps of its stage by name. After its start, so that it boots meanwhile;
   * before its first request. Nothing when it is there already, or gone.
   */
  joinStage(name: string, stage: string): Promise<void>;
  /**
   * Asks the instance itself (not the gateway) until its health check answers as expected.
   * @throws InstanceUnhealthyError when `within` has passed or the process ended.
   */
  waitHealthy(name: string, health: HealthCheck, signal: AbortSignal, onLine: (line: string) => void): Promise<void>;
  /**
   * For one that was healthy and may serve already: from now on it comes back by itself when it ends or its host
   * restarts, and finds other apps of its stage also while the gateway learns a new name.
   */
  keepRunning(name: string, stage: string): Promise<void>;
  findInstance(name: string): Promise<InstanceSeen | undefined>;
  /** All instances of this installation, running or not. */
  listInstances(): Promise<InstanceSeen[]>;
  /** Asks it to end, kills it after `graceMs`, removes it. Nothing when there is none. */
  removeInstance(name: string, graceMs: number): Promise<void>;
  /** The last lines of its output, oldest first. */
  lastLines(name: string, count: number): Promise<string[]>;
  /** Whether the image of a release is on this cluster. */
  hasImage(imageId: string): Promise<boolean>;
}

export interface ClusterDescription {
  kind: 'docker' | 'dummy';
  version: string;
  /** Warnings a release manager should know, for example that a restart of Docker stops every container. */
  warnings: string[];
}

/** What every container, network, volume and image of ours says about itself. */
export interface Labels {
  app: string;
  environment?: string;
  run?: string;
  step?: string;
  epoch?: number;
  release?: string;
  /** Key of the effect that made it. */
  effect?: string;
  role: 'instance' | 'build' | 'verify' | 'gateway' | 'network' | 'image';
}

export interface InstanceSpec {
  name: string;
  labels: Labels;
  /** Image ID (`sha256:…`) or a `gantry/…` base. */
  image: string;
  port: number;
  env: Record<string, string>;
  /** Put into the container before its start, in this order. */
  inject: InjectedFile[];
  /** Files for its user alone. They are in no list of sums, no label and no record. */
  secrets?: readonly SecretFile[];
  resources: { memory: number; cpus: number };
  /** Seconds-free: how long the process may take to end on SIGTERM, ms. */
  stopGraceMs: number;
}

export interface InjectedFile {
  /** Absolute path in the container. */
  to: string;
  /** Either the bytes themselves or an artifact by digest. */
  from: { text: string } | { digest: string };
  mode: number;
  /** Checked by the base's entry point before each start when set. */
  verify: boolean;
}

export interface HealthCheck {
  path: string;
  status: number;
  withinMs: number;
  port: number;
}

export interface InstanceSeen {
  name: string;
  /** The container's id. */
  id: string;
  labels: Labels;
  running: boolean;
  /** Address on the gateway's network; empty when it does not run. */
  address: string;
  /** Name that the cluster's DNS resolves to it. */
  dnsName: string;
  imageId: string;
  exitCode: number | null;
  outOfMemory: boolean;
  startedAt: number | null;
}

/** An instance did not get healthy. Carries what a developer needs to see why. */
export class InstanceUnhealthyError extends Error {
  override readonly name = 'InstanceUnhealthyError';
  constructor(
    message: string,
    /** At most 200 lines. */
    readonly details: InstanceEnd,
  ) {
    super(message);
  }
}

export class NameTakenError extends Error {
  override readonly name = 'NameTakenError';
}
