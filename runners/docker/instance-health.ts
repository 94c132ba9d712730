import { setTimeout as pause } from 'node:timers/promises';
import { type HealthSeen, noteAnswer } from '../../engine/model/instance-end';
import { type HealthCheck, InstanceUnhealthyError } from '../../engine/ports/cluster';
import { ignoring } from './client';
import { AskPace, askHealth } from './health';
import type { Inspected, InstanceContainers } from './instance-containers';

/** How often Docker is asked whether the container still runs while its health is awaited. */
const LOOK_MS = 250;
const LAST_LINES = 200;

/** Waits for an instance to become healthy, and knows why one does not. */
export class InstanceHealth {
  constructor(private readonly containers: InstanceContainers) {}

  /** @throws InstanceUnhealthyError when it ended, or is not healthy in time */
  async wait(name: string, health: HealthCheck, signal: AbortSignal, onLine: (line: string) => void): Promise<void> {
    const began = Date.now();
    const answers: HealthSeen[] = [];
    let restarts: number | undefined;
    let info: Inspected | undefined;
    let lookedAt = Number.NEGATIVE_INFINITY;
    for (const pace = new AskPace(); ; ) {
      signal.throwIfAborted();
      if (Date.now() - lookedAt >= LOOK_MS) {
        lookedAt = Date.now();
        info = await this.containers.findOurs(name);
      }
      restarts ??= info?.RestartCount;
      if (info === undefined || hasEnded(info, restarts ?? 0)) throw await this.ended(name, info, answers);
      const address = this.containers.seen(info).address;
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
    const stop = ignoring([304, 404], this.containers.client.calls.getContainer(info.Id).stop({ t: 0 }));
    if (info.State.Running || info.State.Restarting) await this.containers.ask(`stop ${name}`, stop);
    const { OOMKilled: outOfMemory, ExitCode: exitCode } = info.State;
    const why = outOfMemory ? 'ran out of memory' : 'ended';
    const lastLines = await this.containers.lines(info.Id, LAST_LINES);
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
    const lastLines = await this.containers.lines(info.Id, LAST_LINES);
    const outOfMemory = info.State.OOMKilled;
    return new InstanceUnhealthyError(message, { name, exitCode: null, outOfMemory, answers, lastLines });
  }
}

function hasEnded(info: Inspected, restartsBefore: number): boolean {
  const { Running: running, Restarting: restarting } = info.State;
  return !running || restarting || info.RestartCount > restartsBefore;
}

/** An abort ends it with the signal's own reason, which says why. */
async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
