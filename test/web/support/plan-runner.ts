import { join } from 'node:path';
import type { Sources } from '../../../engine/ports/sources';
import { stepKinds } from '../../../runners/steps/kinds';
import { startWorker, type Worker } from '../../../runners/worker/worker';
import { gitSources } from '../../../runners/workspace/sources';
import type { World } from '../../../runners/world';
import type { House } from './house';
import { until } from './until';

/** A runner beside web that plans runs of real commits, and does nothing else. */
export class PlanRunner {
  readonly sources: Sources;
  private readonly worker: Worker;

  constructor(private readonly house: House) {
    this.sources = gitSources(join(house.home, 'git'));
    const plan = stepKinds({ sources: this.sources } as World).get('plan');
    if (plan === undefined) throw new Error('nobody plans');
    this.worker = startWorker(house.engine, new Map([['plan', plan]]), { owner: 'planner', concurrency: 4 });
  }

  /** How the planning of a run ended, and what it has said. */
  async planned(number: number, app = 'storefront'): Promise<{ state: string; reason: string; log: string }> {
    const find = () => this.house.engine.runs.find(app, number);
    const ended = (state: string | undefined) =>
      state !== undefined && !['ready', 'running', 'waiting'].includes(state);
    await until(async () => {
      this.worker.wake();
      return ended((await find()).steps[0]?.state);
    });
    const { row, steps } = await find();
    return { state: steps[0]?.state ?? '', reason: steps[0]?.reason || row.reason, log: await this.logOf(number, app) };
  }

  /** What its planning has said until now. */
  async logOf(number: number, app = 'storefront'): Promise<string> {
    const { row, steps } = await this.house.engine.runs.find(app, number);
    return (await this.house.engine.parts.logs.read(row.id, steps[0]?.id ?? '', 0, 100_000)).toString();
  }

  stop(): Promise<unknown> {
    return this.worker.drain(2_000);
  }
}
