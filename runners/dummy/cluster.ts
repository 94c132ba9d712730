import { GantryError, StepFailure } from '../../engine/model/errors';
import { hashOf } from '../../engine/model/hash';
import type { Bytes } from '../../engine/ports/bytes';
import {
  type Cluster,
  type ClusterDescription,
  type HealthCheck,
  type InstanceSeen,
  type InstanceSpec,
  InstanceUnhealthyError,
  NameTakenError,
} from '../../engine/ports/cluster';
import { type DummyScript, KILLED, readScript, sleep } from './script';

export interface DummyClusterOptions {
  name?: string;
  /** When given, an injected artifact must be there, as it must for a real container. */
  bytes?: Bytes;
}

interface DummyInstance {
  seen: InstanceSeen;
  script: DummyScript;
  lines: string[];
}

const LAST_LINES = 200;

/**
 * Instances in memory, for machines without Docker and for tests: same contract, nothing runs. What they do is played
 * from their own environment (docs/dummy.md). They end with the process that holds them.
 */
export class DummyCluster implements Cluster {
  readonly name: string;
  private readonly instances = new Map<string, DummyInstance>();
  /** Images that were removed; all others are there. */
  private readonly removedImages = new Set<string>();
  private made = 0;

  constructor(private readonly options: DummyClusterOptions = {}) {
    this.name = options.name ?? 'local';
  }

  async describe(): Promise<ClusterDescription> {
    return { kind: 'dummy', version: '1', warnings: ['nothing really runs here: this is the dummy runner'] };
  }

  async startInstance(spec: InstanceSpec): Promise<InstanceSeen> {
    const script = readScript(spec.env);
    await this.checkSpec(spec, script);
    const present = this.instances.get(spec.name);
    if (present === undefined) return this.start(spec, script);
    if (present.seen.labels.effect !== spec.labels.effect) {
      throw new NameTakenError(`the name ${spec.name} belongs to an instance that another effect made`);
    }
    return { ...present.seen };
  }

  async joinStage(_name: string, _stage: string): Promise<void> {
    // Nothing runs here that could look for others.
  }

  async waitHealthy(
    name: string,
    health: HealthCheck,
    signal: AbortSignal,
    onLine: (line: string) => void,
  ): Promise<void> {
    const instance = this.instances.get(name);
    if (instance === undefined) {
      const details = { name, exitCode: null, outOfMemory: false, answers: [], lastLines: [] };
      throw new InstanceUnhealthyError(`${name} was removed while its health was awaited`, details);
    }
    if (!instance.seen.running) throw this.ended(instance);
    const { sleepMs, neverHealthy } = instance.script;
    const tooLate = neverHealthy || sleepMs > health.withinMs;
    await sleep(Math.min(sleepMs || (neverHealthy ? health.withinMs : 0), health.withinMs), signal);
    if (tooLate) throw this.unhealthy(instance, health);
    onLine(`${health.path} answers ${health.status} OK after ${sleepMs} ms`);
  }

  async keepRunning(_name: string): Promise<void> {
    // What ends here ends because its script says so.
  }

  async findInstance(name: string): Promise<InstanceSeen | undefined> {
    const instance = this.instances.get(name);
    return instance === undefined ? undefined : { ...instance.seen };
  }

  async listInstances(): Promise<InstanceSeen[]> {
    return [...this.instances.values()].map(({ seen }) => ({ ...seen }));
  }

  async removeInstance(name: string, _graceMs: number): Promise<void> {
    this.instances.delete(name);
  }

  async lastLines(name: string, count: number): Promise<string[]> {
    return this.instances.get(name)?.lines.slice(-count) ?? [];
  }

  async hasImage(imageId: string): Promise<boolean> {
    return !this.removedImages.has(imageId);
  }

  /** As `docker rmi` does. */
  removeImage(imageId: string): void {
    this.removedImages.add(imageId);
  }

  addImage(imageId: string): void {
    this.removedImages.delete(imageId);
  }

  private async checkSpec(spec: InstanceSpec, script: DummyScript): Promise<void> {
    if (!(await this.hasImage(spec.image))) {
      throw new StepFailure('user', `the image ${spec.image} is not on cluster ${this.name}`, 'build it again');
    }
    if (script.failStart !== undefined) {
      const message = `${spec.name} cannot be started: ${script.failStart}`;
      throw new StepFailure('user', message, 'DUMMY_FAIL_START in its environment says so');
    }
    for (const { from } of spec.inject) {
      if (!('digest' in from) || this.options.bytes === undefined || (await this.options.bytes.has(from.digest)))
        continue;
      throw new GantryError('not-found', 'not-found', `there are no bytes ${from.digest}`);
    }
  }

  private start(spec: InstanceSpec, script: DummyScript): InstanceSeen {
    this.made += 1;
    const exitCode = script.outOfMemory ? KILLED : (script.exit ?? null);
    const running = exitCode === null;
    const seen: InstanceSeen = {
      name: spec.name,
      id: hashOf([spec.name, this.made]),
      labels: { ...spec.labels },
      running,
      // An address for documentation (RFC 5737): nothing answers there.
      address: running ? `192.0.2.${1 + (this.made % 254)}` : '',
      dnsName: spec.name,
      imageId: spec.image.startsWith('sha256:') ? spec.image : `sha256:${hashOf(spec.image)}`,
      exitCode,
      outOfMemory: script.outOfMemory,
      startedAt: Date.now(),
    };
    this.instances.set(spec.name, { seen, script, lines: [...script.log] });
    return { ...seen };
  }

  private ended({ seen, lines }: DummyInstance): InstanceUnhealthyError {
    const why = seen.outOfMemory ? 'ran out of memory' : 'ended';
    return new InstanceUnhealthyError(`${seen.name} ${why} before it was healthy`, {
      name: seen.name,
      exitCode: seen.exitCode,
      outOfMemory: seen.outOfMemory,
      answers: [{ afterMs: 0, words: 'connection refused' }],
      lastLines: lines.slice(-LAST_LINES),
    });
  }

  private unhealthy({ seen, lines }: DummyInstance, health: HealthCheck): InstanceUnhealthyError {
    const lastAnswer = '503 Service Unavailable';
    const message = `${seen.name} was not healthy within ${health.withinMs / 1000} s: GET ${health.path} on port ${health.port}: ${lastAnswer}`;
    const lastLines = lines.slice(-LAST_LINES);
    const answers = [{ afterMs: 0, words: lastAnswer }];
    const { name } = seen;
    return new InstanceUnhealthyError(message, { name, exitCode: null, outOfMemory: false, answers, lastLines });
  }
}
