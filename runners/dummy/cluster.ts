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
import { type DummyEntry, type Journal, memoryJournal } from './journal';
import { type DummyScript, KILLED, readScript, sleep } from './script';

export interface DummyClusterOptions {
  name?: string;
  /** When given, an injected artifact must be there, as it must for a real container. */
  bytes?: Bytes;
  /** Default: one in memory, so that the instances end with the process that holds them. */
  journal?: Journal;
}

interface DummyInstance {
  seen: InstanceSeen;
  script: DummyScript;
}

const LAST_LINES = 200;

/**
 * Instances that are only told of, for machines without Docker and for tests: same contract, nothing runs. What they do
 * is played from their own environment (docs/dummy.md).
 */
export class DummyCluster implements Cluster {
  readonly name: string;
  private readonly instances = new Map<string, DummyInstance>();
  /** Images that were removed; all others are there. */
  private readonly removedImages = new Set<string>();
  private readonly journal: Journal;
  private made = 0;

  constructor(private readonly options: DummyClusterOptions = {}) {
    this.name = options.name ?? 'local';
    this.journal = options.journal ?? memoryJournal();
    this.journal.follow((entry) => this.apply(entry));
  }

  async describe(): Promise<ClusterDescription> {
    return { kind: 'dummy', version: '1', warnings: ['nothing really runs here: this is the dummy runner'] };
  }

  async startInstance(spec: InstanceSpec): Promise<InstanceSeen> {
    const script = readScript(spec.env);
    await this.checkSpec(spec, script);
    const present = this.instance(spec.name) ?? this.start(spec, script);
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
    const instance = this.instance(name);
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

  async keepRunning(_name: string, _stage: string): Promise<void> {
    // What ends here ends because its script says so.
  }

  async findInstance(name: string): Promise<InstanceSeen | undefined> {
    const instance = this.instance(name);
    return instance === undefined ? undefined : { ...instance.seen };
  }

  async listInstances(): Promise<InstanceSeen[]> {
    this.journal.catchUp();
    return [...this.instances.values()].map(({ seen }) => ({ ...seen }));
  }

  async removeInstance(name: string, _graceMs: number): Promise<void> {
    if (this.instance(name) !== undefined) this.journal.append({ does: 'remove-instance', name });
  }

  async lastLines(name: string, count: number): Promise<string[]> {
    return this.instance(name)?.script.log.slice(-count) ?? [];
  }

  async hasImage(imageId: string): Promise<boolean> {
    this.journal.catchUp();
    return !this.removedImages.has(imageId);
  }

  /** As `docker rmi` does. */
  removeImage(imageId: string): void {
    this.journal.append({ does: 'remove-image', imageId });
  }

  addImage(imageId: string): void {
    this.journal.append({ does: 'add-image', imageId });
  }

  private instance(name: string): DummyInstance | undefined {
    this.journal.catchUp();
    return this.instances.get(name);
  }

  /** The one place where something becomes true. A name belongs to whoever wanted it first. */
  private apply(entry: DummyEntry): void {
    if (entry.does === 'start-instance' && !this.instances.has(entry.seen.name)) {
      this.made += 1;
      this.instances.set(entry.seen.name, { seen: entry.seen, script: entry.script });
    }
    if (entry.does === 'remove-instance') this.instances.delete(entry.name);
    if (entry.does === 'remove-image') this.removedImages.add(entry.imageId);
    if (entry.does === 'add-image') this.removedImages.delete(entry.imageId);
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

  /** The instance that stands under this name now: this one, or one that another process was faster to start. */
  private start(spec: InstanceSpec, script: DummyScript): DummyInstance {
    const made = this.made + 1;
    const exitCode = script.outOfMemory ? KILLED : (script.exit ?? null);
    const running = exitCode === null;
    const seen: InstanceSeen = {
      name: spec.name,
      id: hashOf([spec.name, made]),
      labels: { ...spec.labels },
      running,
      // An address for documentation (RFC 5737): nothing answers there.
      address: running ? `192.0.2.${1 + (made % 254)}` : '',
      dnsName: spec.name,
      imageId: spec.image.startsWith('sha256:') ? spec.image : `sha256:${hashOf(spec.image)}`,
      exitCode,
      outOfMemory: script.outOfMemory,
      startedAt: Date.now(),
    };
    this.journal.append({ does: 'start-instance', seen, script });
    return this.instances.get(spec.name) ?? { seen, script };
  }

  private ended({ seen, script }: DummyInstance): InstanceUnhealthyError {
    const why = seen.outOfMemory ? 'ran out of memory' : 'ended';
    return new InstanceUnhealthyError(`${seen.name} ${why} before it was healthy`, {
      name: seen.name,
      exitCode: seen.exitCode,
      outOfMemory: seen.outOfMemory,
      answers: [{ afterMs: 0, words: 'connection refused' }],
      lastLines: script.log.slice(-LAST_LINES),
    });
  }

  private unhealthy({ seen, script }: DummyInstance, health: HealthCheck): InstanceUnhealthyError {
    const lastAnswer = '503 Service Unavailable';
    const message = `${seen.name} was not healthy within ${health.withinMs / 1000} s: GET ${health.path} on port ${health.port}: ${lastAnswer}`;
    const lastLines = script.log.slice(-LAST_LINES);
    const answers = [{ afterMs: 0, words: lastAnswer }];
    const { name } = seen;
    return new InstanceUnhealthyError(message, { name, exitCode: null, outOfMemory: false, answers, lastLines });
  }
}
