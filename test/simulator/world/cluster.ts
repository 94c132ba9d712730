import { StepFailure } from '../../../engine/model/errors';
import {
  type Cluster,
  type ClusterDescription,
  type HealthCheck,
  type InstanceSeen,
  type InstanceSpec,
  InstanceUnhealthyError,
  NameTakenError,
} from '../../../engine/ports/cluster';
import type { SimulatedInstance } from '../simulation';
import type { WorldRecord } from './record';

/** Containers that outlive the processes of Gantry, and die and get sick as they are told. */
export class SimulatedCluster implements Cluster {
  readonly name = 'local';
  readonly instances = new Map<string, SimulatedInstance>();
  readonly images = new Set<string>();
  private made = 0;

  constructor(
    private readonly record: WorldRecord,
    private readonly now: () => number,
    private readonly hasBytes: (digest: string) => boolean,
  ) {}

  async describe(): Promise<ClusterDescription> {
    return { kind: 'dummy', version: '1', warnings: [] };
  }

  startInstance(spec: InstanceSpec): Promise<InstanceSeen> {
    return this.record.docker(() => {
      this.demandBytes(spec);
      const present = this.instances.get(spec.name);
      if (present !== undefined && present.labels.effect !== spec.labels.effect) {
        this.record.note('instance-start', spec.name, false);
        throw new NameTakenError(`the name ${spec.name} belongs to an instance that another effect made`);
      }
      if (present === undefined) this.instances.set(spec.name, this.make(spec));
      else if (!present.running) this.wake(present);
      this.record.note('instance-start', spec.name, present === undefined);
      return seen(this.instances.get(spec.name) as SimulatedInstance);
    });
  }

  async joinStage(): Promise<void> {
    await this.record.docker(() => undefined);
  }

  async waitHealthy(name: string, health: HealthCheck, signal: AbortSignal): Promise<void> {
    const until = this.now() + health.withinMs;
    await this.record.docker(() => undefined);
    for (;;) {
      signal.throwIfAborted();
      const instance = this.instances.get(name);
      const details = { name, exitCode: null, outOfMemory: false, answers: [], lastLines: [] };
      if (instance === undefined) throw new InstanceUnhealthyError(`${name} was removed`, details);
      if (!instance.running) throw new InstanceUnhealthyError(`${name} ended`, { ...details, exitCode: 1 });
      if (instance.healthy) return;
      if (this.now() >= until || instance.startedAt + health.withinMs <= this.now()) {
        throw new InstanceUnhealthyError(`${name} did not get healthy`, details);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async keepRunning(): Promise<void> {
    await this.record.docker(() => undefined);
  }

  findInstance(name: string): Promise<InstanceSeen | undefined> {
    return this.record.docker(() => {
      const instance = this.instances.get(name);
      return instance === undefined ? undefined : seen(instance);
    });
  }

  listInstances(): Promise<InstanceSeen[]> {
    return this.record.docker(() => [...this.instances.values()].map(seen));
  }

  async removeInstance(name: string): Promise<void> {
    await this.record.docker(() => this.record.note('instance-remove', name, this.instances.delete(name)));
  }

  async lastLines(): Promise<string[]> {
    return [];
  }

  hasImage(imageId: string): Promise<boolean> {
    return this.record.docker(() => this.images.has(imageId));
  }

  /** Everything as it is there. */
  copy(other: SimulatedCluster): void {
    for (const [name, instance] of other.instances) this.instances.set(name, { ...instance });
    for (const image of other.images) this.images.add(image);
    this.made = other.made;
  }

  // What happens to them.

  /** Docker was restarted: everything ended and came back, at other addresses. */
  restart(): void {
    for (const instance of this.instances.values()) if (instance.running) this.wake(instance);
  }

  nth(nth: number): SimulatedInstance | undefined {
    const all = [...this.instances.values()];
    return all[nth % Math.max(1, all.length)];
  }

  removeImage(nth: number): void {
    const all = [...this.images];
    this.images.delete(all[nth % Math.max(1, all.length)] ?? '');
  }

  private demandBytes(spec: InstanceSpec): void {
    const isBase = spec.image.startsWith('sha256:') === false;
    if (!isBase && !this.images.has(spec.image) && !spec.image.startsWith(BASE)) {
      throw new StepFailure('user', `the image ${spec.image} is not on this cluster`, 'build it again');
    }
    for (const { from } of spec.inject) {
      if ('digest' in from && !this.hasBytes(from.digest)) {
        throw new StepFailure('user', `the bytes ${from.digest} are not what they were`);
      }
    }
  }

  private make(spec: InstanceSpec): SimulatedInstance {
    this.made += 1;
    return {
      name: spec.name,
      id: `container-${this.made}`,
      labels: { ...spec.labels },
      imageId: spec.image,
      address: `192.0.2.${this.made}`,
      running: true,
      healthy: spec.env.SICK !== '1',
      startedAt: this.now(),
    };
  }

  private wake(instance: SimulatedInstance): void {
    this.made += 1;
    instance.running = true;
    instance.address = `192.0.2.${this.made}`;
    instance.startedAt = this.now();
  }
}

/** Image IDs of bases begin with this: they are always there. */
export const BASE = 'sha256:ba5e';
const LOOK_MS = 500;

const seen = (instance: SimulatedInstance): InstanceSeen => ({
  name: instance.name,
  id: instance.id,
  labels: instance.labels,
  running: instance.running,
  address: instance.running ? instance.address : '',
  dnsName: instance.name,
  imageId: instance.imageId,
  exitCode: instance.running ? null : 1,
  outOfMemory: false,
  startedAt: instance.startedAt,
});
