import { setTimeout as wait } from 'node:timers/promises';
import type Docker from 'dockerode';
import { StepFailure } from '../../engine/model/errors';
import type { Bytes } from '../../engine/ports/bytes';
import { type InstanceSeen, type InstanceSpec, NameTakenError } from '../../engine/ports/cluster';
import type { SecretFile } from '../../engine/ports/secrets';
import { ignoring, reasonOf, renamedError, statusOf } from './client';
import { instanceOptions } from './container-options';
import { hasInit } from './description';
import { packFiles, putFiles, withSums } from './injection';
import type { Inspected, InstanceContainers } from './instance-containers';
import { EFFECT_LABEL, EPOCH_LABEL, INSTALLATION_LABEL, writeLabels } from './labels';
import { ensureNetwork } from './networks';
import { demandPolicy } from './policy';
import { removeContainer } from './removal';
import { ownerIn, packSecrets } from './secret-files';
import { neverRan } from './seen';

/** How often a start is begun again after somebody else changed what stands at the name. */
const START_ATTEMPTS = 5;
/** How long a container that was made but not started may belong to another actor that is still at work. */
const HALF_MADE_PATIENCE_MS = 10_000;
const INJECT_TIMEOUT_MS = 300_000;
const ADOPT_LOOK_MS = 100;

/** From a wish to a container that runs. Two actors may want the same one: each finds what the other made. */
export class InstanceStart {
  /** @param options `cluster`: its name, for people */
  constructor(
    private readonly containers: InstanceContainers,
    private readonly options: { installation: string; network: string; bytes: Bytes; cluster: string },
  ) {}

  async startOrAdopt(spec: InstanceSpec): Promise<InstanceSeen> {
    const inject = withSums(spec.inject);
    await ensureNetwork(this.containers.client, this.options.network, this.options.installation);
    for (let attempt = 1; attempt <= START_ATTEMPTS; attempt++) {
      const id = await this.create(spec);
      const info = id === undefined ? await this.adopt(spec) : await this.fillAndStart(id, { ...spec, inject });
      if (info === undefined) continue;
      return this.containers.seen(info);
    }
    throw new StepFailure(
      'world',
      `the container ${spec.name} was changed by somebody else ${START_ATTEMPTS} times while it was being started`,
      `see who does it with "docker events --filter container=${spec.name}"`,
    );
  }

  /** The id of the new container; undefined when the name is taken. */
  private async create(spec: InstanceSpec): Promise<string | undefined> {
    const { installation, network } = this.options;
    const labels = writeLabels(installation, spec.labels);
    const init = await hasInit(this.containers.client);
    try {
      const options = demandPolicy(instanceOptions(spec, { network, labels, init }));
      return (await this.containers.client.calls.createContainer(options)).id;
    } catch (error) {
      if (statusOf(error) === 409) return undefined;
      throw this.createFailure(spec, error);
    }
  }

  private createFailure(spec: InstanceSpec, error: unknown): unknown {
    const cause = { cause: error };
    if (statusOf(error) === 404 && /no such image/i.test(reasonOf(error))) {
      const next = spec.image.startsWith('gantry/') ? 'build the bases with "gantry bases build"' : 'build it again';
      return new StepFailure('user', `the image ${spec.image} is not on cluster ${this.options.cluster}`, next, cause);
    }
    if (statusOf(error) === 400) {
      const message = `Docker refuses an instance like ${spec.name}: ${reasonOf(error)}`;
      return new StepFailure('user', message, 'look at serve.resources, env and files of this stage', cause);
    }
    return renamedError(this.containers.client, `make the container ${spec.name}`, error);
  }

  /** By id, never by name: a late actor must not start what its successor made. Undefined when it was removed. */
  private async fillAndStart(id: string, spec: InstanceSpec): Promise<Inspected | undefined> {
    const container = this.containers.client.streams.getContainer(id);
    try {
      if (spec.inject.length > 0) {
        const files = packFiles(spec.inject, this.options.bytes);
        await putFiles(container, files, '/', AbortSignal.timeout(INJECT_TIMEOUT_MS));
      }
      await this.putSecrets(container, spec.secrets ?? []);
      await this.containers.client.calls.getContainer(id).start();
      return await this.containers.find(id);
    } catch (error) {
      if (statusOf(error) === 404 && (await this.containers.find(id)) === undefined) return undefined;
      await removeContainer(this.containers.client, id, 0);
      throw this.startFailure(spec, error);
    }
  }

  private async putSecrets(container: Docker.Container, secrets: readonly SecretFile[]): Promise<void> {
    if (secrets.length === 0) return;
    const limit = AbortSignal.timeout(INJECT_TIMEOUT_MS);
    const info = await this.containers.find(container.id);
    const owner = await ownerIn(container, info?.Config.User ?? '', limit);
    await putFiles(container, packSecrets(secrets, owner), '/', limit);
  }

  private startFailure(spec: InstanceSpec, error: unknown): unknown {
    if (/executable file not found|permission denied|no such file|exec format/i.test(reasonOf(error))) {
      const message = `the image ${spec.image} cannot be started as ${spec.name}: ${reasonOf(error)}`;
      return new StepFailure('user', message, "look at the image's entry point", { cause: error });
    }
    return renamedError(this.containers.client, `start ${spec.name}`, error);
  }

  /**
   * What stands at the name, when the same effect made it. One that never ran may lack files: it is removed, so that
   * the caller makes it again, unless an actor that is not older than us may still be putting them in.
   */
  private async adopt(spec: InstanceSpec): Promise<Inspected | undefined> {
    const deadline = Date.now() + HALF_MADE_PATIENCE_MS;
    for (;;) {
      const info = await this.containers.find(spec.name);
      if (info === undefined) return undefined;
      this.checkAdoptable(spec, info);
      if (!neverRan(info)) return this.runAgain(info);
      const epoch = Number(info.Config.Labels[EPOCH_LABEL] ?? 0);
      if (epoch < (spec.labels.epoch ?? 0) || Date.now() >= deadline) {
        await removeContainer(this.containers.client, info.Id, 0);
        return undefined;
      }
      await wait(ADOPT_LOOK_MS);
    }
  }

  private checkAdoptable(spec: InstanceSpec, info: Inspected): void {
    const labels = info.Config.Labels;
    if (labels[INSTALLATION_LABEL] !== this.options.installation) {
      throw new NameTakenError(
        `a container named ${spec.name} exists that this installation did not make, so it is left alone; ` +
          `rename or remove it ("docker rm ${spec.name}") and start again`,
      );
    }
    if (labels[EFFECT_LABEL] === spec.labels.effect) return;
    throw new NameTakenError(
      `the name ${spec.name} belongs to an instance that another effect made ` +
        `(${labels[EFFECT_LABEL] ?? 'none'}, not ${spec.labels.effect ?? 'none'})`,
    );
  }

  /** The host may have gone down before the instance was healthy, that is, before it restarts by itself. */
  private async runAgain(info: Inspected): Promise<Inspected | undefined> {
    if (info.State.Running || info.State.Restarting) return info;
    const start = ignoring([304, 404, 409], this.containers.client.calls.getContainer(info.Id).start());
    await this.containers.ask(`start ${info.Name.slice(1)}`, start);
    return this.containers.find(info.Id);
  }
}
