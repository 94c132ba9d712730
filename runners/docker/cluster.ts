import { setTimeout as wait } from 'node:timers/promises';
import type Docker from 'dockerode';
import { StepFailure } from '../../engine/model/errors';
import { type HealthSeen, noteAnswer } from '../../engine/model/instance-end';
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
import { connectDocker, type DockerClient, ignoring, reasonOf, renamed, renamedError, statusOf } from './client';
import { instanceOptions, RESTART_ALWAYS } from './container-options';
import { describeEngine, hasInit } from './description';
import { AskPace, askHealth } from './health';
import { packFiles, putFiles, withSums } from './injection';
import { EFFECT_LABEL, EPOCH_LABEL, INSTALLATION_LABEL, labelFilter, ROLE_LABEL, writeLabels } from './labels';
import { ensureNetwork, ensureStageNetwork, stageNetworks } from './networks';
import { OutputDemultiplexer } from './output-lines';
import { removeContainer } from './removal';
import { instanceSeen, neverRan } from './seen';
import { Turns } from './turns';

export interface DockerClusterOptions {
  /** Where the engine is: socket path or host and port. */
  docker: Docker.DockerOptions;
  /** 16 hex digits; the label that everything of ours carries. */
  installation: string;
  bytes: Bytes;
  /** The network of instances and gateway, `gantry-<8>`; made on demand. */
  network: string;
  /** Name for people; default `local`. */
  name?: string;
}

type Inspected = Docker.ContainerInspectInfo;

/** How often a start is begun again after somebody else changed what stands at the name. */
const START_ATTEMPTS = 5;
/** How long a container that was made but not started may belong to another actor that is still at work. */
const HALF_MADE_PATIENCE_MS = 10_000;
const INJECT_TIMEOUT_MS = 300_000;
const ADOPT_LOOK_MS = 100;
/** How often Docker is asked whether the container still runs while its health is awaited. */
const LOOK_MS = 250;
const LAST_LINES = 200;

/** Instances as containers of one Docker Engine, on one bridge network with the gateway. */
export class DockerCluster implements Cluster {
  readonly name: string;
  private readonly client: DockerClient;
  private readonly turns = new Turns();

  constructor(private readonly options: DockerClusterOptions) {
    this.name = options.name ?? 'local';
    this.client = connectDocker(options.docker);
  }

  describe(): Promise<ClusterDescription> {
    return describeEngine(this.client);
  }

  startInstance(spec: InstanceSpec): Promise<InstanceSeen> {
    return this.turns.take(spec.name, () => this.startOrAdopt(spec));
  }

  async findInstance(name: string): Promise<InstanceSeen | undefined> {
    const info = await this.inspectOurs(name);
    return info === undefined ? undefined : this.seen(info);
  }

  async listInstances(): Promise<InstanceSeen[]> {
    const filters = labelFilter(this.options.installation, { [ROLE_LABEL]: 'instance' });
    const listed = await this.ask('list containers', this.client.calls.listContainers({ all: true, filters }));
    const infos = await Promise.all(listed.map(({ Id }) => this.inspect(Id)));
    return infos.filter((info) => info !== undefined).map((info) => this.seen(info));
  }

  async removeInstance(name: string, graceMs: number): Promise<void> {
    const info = await this.inspectOurs(name);
    if (info !== undefined) await removeContainer(this.client, info.Id, neverRan(info) ? 0 : graceMs);
  }

  async lastLines(name: string, count: number): Promise<string[]> {
    const info = await this.inspectOurs(name);
    return info === undefined ? [] : this.linesOf(info.Id, count);
  }

  async hasImage(imageId: string): Promise<boolean> {
    const call = ignoring([404], this.client.calls.getImage(imageId).inspect());
    return (await this.ask(`look for the image ${imageId}`, call)) !== undefined;
  }

  async joinStage(name: string, stage: string): Promise<void> {
    await this.join(name, stageNetworks(this.options.network, stage)[0]);
  }

  async waitHealthy(
    name: string,
    health: HealthCheck,
    signal: AbortSignal,
    onLine: (line: string) => void,
  ): Promise<void> {
    const began = Date.now();
    const answers: HealthSeen[] = [];
    let restarts: number | undefined;
    let info: Inspected | undefined;
    let lookedAt = Number.NEGATIVE_INFINITY;
    for (const pace = new AskPace(); ; ) {
      signal.throwIfAborted();
      if (Date.now() - lookedAt >= LOOK_MS) {
        lookedAt = Date.now();
        info = await this.inspectOurs(name);
      }
      restarts ??= info?.RestartCount;
      if (info === undefined || hasEnded(info, restarts ?? 0)) throw await this.ended(name, info, answers);
      const address = this.seen(info).address;
      const answer = await askHealth(address, health.port, health.path, signal);
      signal.throwIfAborted();
      const took = Date.now() - began;
      if (answer.status === health.status) return onLine(`${health.path} answers ${answer.words} after ${took} ms`);
      if (answer.words !== answers.at(-1)?.words) onLine(`${health.path}: ${answer.words}`);
      noteAnswer(answers, answer.words, took);
      if (took >= health.withinMs) throw await this.unhealthy(info, health, answers);
      await pauseFor(Math.min(pace.after(answer), Math.max(1, health.withinMs - took)), signal);
    }
  }

  async keepRunning(name: string, stage: string): Promise<void> {
    const info = await this.inspectOurs(name);
    if (info === undefined) return;
    await Promise.all([this.comeBack(info, name), this.join(name, stageNetworks(this.options.network, stage)[1])]);
  }

  /** An update of what is set already costs a write of the container's file, so it is left out. */
  private async comeBack(info: Inspected, name: string): Promise<void> {
    if (info.HostConfig.RestartPolicy?.Name === RESTART_ALWAYS.RestartPolicy.Name) return;
    const update = ignoring([404], this.client.calls.getContainer(info.Id).update(RESTART_ALWAYS));
    await this.ask(`set the restart policy of ${name}`, update);
  }

  private async startOrAdopt(spec: InstanceSpec): Promise<InstanceSeen> {
    const inject = withSums(spec.inject);
    await ensureNetwork(this.client, this.options.network, this.options.installation);
    for (let attempt = 1; attempt <= START_ATTEMPTS; attempt++) {
      const id = await this.create(spec);
      const info = id === undefined ? await this.adopt(spec) : await this.fillAndStart(id, { ...spec, inject });
      if (info === undefined) continue;
      return this.seen(info);
    }
    throw new StepFailure(
      'world',
      `the container ${spec.name} was changed by somebody else ${START_ATTEMPTS} times while it was being started`,
      `see who does it with "docker events --filter container=${spec.name}"`,
    );
  }

  /** Asks first whether the network is there only when it is not: the first request waits for this. */
  private async join(name: string, network: string): Promise<void> {
    const connect = async (): Promise<'in' | 'absent'> => {
      try {
        await this.client.calls.getNetwork(network).connect({ Container: name });
      } catch (error) {
        if (statusOf(error) === 404) return 'absent';
        if (statusOf(error) !== 403) throw error; // 403: it is in there already
      }
      return 'in';
    };
    const doing = `put ${name} into the network ${network}`;
    if ((await this.ask(doing, connect())) === 'in') return;
    await ensureStageNetwork(this.client, network, this.options.installation);
    // Absent again, it is the instance that was removed, which whoever waits for its health says better.
    await this.ask(doing, connect());
  }

  /** The id of the new container; undefined when the name is taken. */
  private async create(spec: InstanceSpec): Promise<string | undefined> {
    const { installation, network } = this.options;
    const labels = writeLabels(installation, spec.labels);
    const init = await hasInit(this.client);
    try {
      const options = instanceOptions(spec, { network, labels, init });
      return (await this.client.calls.createContainer(options)).id;
    } catch (error) {
      if (statusOf(error) === 409) return undefined;
      throw this.createFailure(spec, error);
    }
  }

  private createFailure(spec: InstanceSpec, error: unknown): unknown {
    const cause = { cause: error };
    if (statusOf(error) === 404 && /no such image/i.test(reasonOf(error))) {
      const next = spec.image.startsWith('gantry/') ? 'build the bases with "gantry bases build"' : 'build it again';
      return new StepFailure('user', `the image ${spec.image} is not on cluster ${this.name}`, next, cause);
    }
    if (statusOf(error) === 400) {
      const message = `Docker refuses an instance like ${spec.name}: ${reasonOf(error)}`;
      return new StepFailure('user', message, 'look at serve.resources, env and files of this stage', cause);
    }
    return renamedError(this.client, `make the container ${spec.name}`, error);
  }

  /** By id, never by name: a late actor must not start what its successor made. Undefined when it was removed. */
  private async fillAndStart(id: string, spec: InstanceSpec): Promise<Inspected | undefined> {
    const container = this.client.streams.getContainer(id);
    try {
      if (spec.inject.length > 0) {
        const files = packFiles(spec.inject, this.options.bytes);
        await putFiles(container, files, '/', AbortSignal.timeout(INJECT_TIMEOUT_MS));
      }
      await this.client.calls.getContainer(id).start();
      return await this.inspect(id);
    } catch (error) {
      if (statusOf(error) === 404 && (await this.inspect(id)) === undefined) return undefined;
      await removeContainer(this.client, id, 0);
      throw this.startFailure(spec, error);
    }
  }

  private startFailure(spec: InstanceSpec, error: unknown): unknown {
    if (/executable file not found|permission denied|no such file|exec format/i.test(reasonOf(error))) {
      const message = `the image ${spec.image} cannot be started as ${spec.name}: ${reasonOf(error)}`;
      return new StepFailure('user', message, "look at the image's entry point", { cause: error });
    }
    return renamedError(this.client, `start ${spec.name}`, error);
  }

  /**
   * What stands at the name, when the same effect made it. One that never ran may lack files: it is removed, so that
   * the caller makes it again, unless an actor that is not older than us may still be putting them in.
   */
  private async adopt(spec: InstanceSpec): Promise<Inspected | undefined> {
    const deadline = Date.now() + HALF_MADE_PATIENCE_MS;
    for (;;) {
      const info = await this.inspect(spec.name);
      if (info === undefined) return undefined;
      this.checkAdoptable(spec, info);
      if (!neverRan(info)) return this.runAgain(info);
      const epoch = Number(info.Config.Labels[EPOCH_LABEL] ?? 0);
      if (epoch < (spec.labels.epoch ?? 0) || Date.now() >= deadline) {
        await removeContainer(this.client, info.Id, 0);
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
    const start = ignoring([304, 404, 409], this.client.calls.getContainer(info.Id).start());
    await this.ask(`start ${info.Name.slice(1)}`, start);
    return this.inspect(info.Id);
  }

  private async ended(
    name: string,
    info: Inspected | undefined,
    answers: HealthSeen[],
  ): Promise<InstanceUnhealthyError> {
    if (info === undefined) {
      const details = { name, exitCode: null, outOfMemory: false, answers, lastLines: [] };
      return new InstanceUnhealthyError(`${name} was removed while its health was awaited`, details);
    }
    // One that restarts again and again is stopped, so that it stays as it was seen.
    const stop = ignoring([304, 404], this.client.calls.getContainer(info.Id).stop({ t: 0 }));
    if (info.State.Running || info.State.Restarting) await this.ask(`stop ${name}`, stop);
    const { OOMKilled: outOfMemory, ExitCode: exitCode } = info.State;
    const why = outOfMemory ? 'ran out of memory' : 'ended';
    const lastLines = await this.linesOf(info.Id, LAST_LINES);
    return new InstanceUnhealthyError(`${name} ${why} before it was healthy`, {
      name,
      exitCode,
      outOfMemory,
      answers,
      lastLines,
    });
  }

  private async unhealthy(
    info: Inspected,
    health: HealthCheck,
    answers: HealthSeen[],
  ): Promise<InstanceUnhealthyError> {
    const name = info.Name.slice(1);
    const message = `${name} was not healthy within ${health.withinMs / 1000} s: GET ${health.path} on port ${health.port}: ${answers.at(-1)?.words ?? 'never asked'}`;
    const lastLines = await this.linesOf(info.Id, LAST_LINES);
    const outOfMemory = info.State.OOMKilled;
    return new InstanceUnhealthyError(message, { name, exitCode: null, outOfMemory, answers, lastLines });
  }

  private async linesOf(id: string, count: number): Promise<string[]> {
    const call = this.client.calls.getContainer(id).logs({ stdout: true, stderr: true, tail: count });
    const output = await this.ask('read the output of a container', ignoring([404, 409], call));
    const lines: string[] = [];
    if (output !== undefined) {
      const reader = new OutputDemultiplexer((line) => lines.push(line.toString()));
      reader.write(output);
      reader.end();
    }
    return lines.slice(-count);
  }

  private async inspectOurs(name: string): Promise<Inspected | undefined> {
    const info = await this.inspect(name);
    return info?.Config.Labels[INSTALLATION_LABEL] === this.options.installation ? info : undefined;
  }

  private inspect(name: string): Promise<Inspected | undefined> {
    return this.ask(`look at ${name}`, ignoring([404], this.client.calls.getContainer(name).inspect()));
  }

  private seen(info: Inspected): InstanceSeen {
    return instanceSeen(info, this.options.network);
  }

  private ask<T>(doing: string, call: Promise<T>): Promise<T> {
    return renamed(this.client, doing, call);
  }
}

function hasEnded(info: Inspected, restartsBefore: number): boolean {
  const { Running: running, Restarting: restarting } = info.State;
  return !running || restarting || info.RestartCount > restartsBefore;
}

/** An abort ends it with the signal's own reason, which says why. */
async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
