import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Workshop } from './bench';
import type { House, Run } from './house';
import { Repository } from './repository';
import { gatedPipeline, shopSources } from './shop';

const EVERY_MS = 200;
const LIMIT_MS = 180_000;

/** A small app with test, gray, and a gate before production. */
export class ShopApp {
  private version = 0;

  private constructor(
    private readonly house: House,
    readonly name: string,
    private readonly repository: Repository,
  ) {}

  static async create(house: House, { folder, settings }: Workshop, name: string): Promise<ShopApp> {
    await house.cli('app', 'create', name);
    const repository = new Repository(join(folder, name), settings.environment);
    await repository.create();
    return new ShopApp(house, name, repository);
  }

  /** Pushes the next version. @returns the number of its run */
  async push(): Promise<number> {
    this.version += 1;
    this.repository.write({ ...shopSources(this.name, this.version), 'gantry.yml': gatedPipeline(this.name) });
    await this.repository.commit(`version ${this.version}`);
    await this.repository.push(this.house.remote(this.name), 'main');
    const { items } = await this.house.call<{ items: { number: number; trigger: string }[] }>(
      'GET',
      `/apps/${this.name}/runs`,
    );
    return items.find(({ trigger }) => trigger === 'push')?.number ?? 0;
  }

  /** Pushes the next version and brings it to production. */
  async release(): Promise<Run> {
    return through(this.house, this.name, await this.push());
  }
}

/** Waits until the run stands at a gate. @throws Error when it ends instead */
export async function untilGate(house: House, app: string, number: number): Promise<void> {
  const run = await settled(house, app, number);
  if (run.state !== 'waiting') throw new Error(`run ${number} of ${app} ended as ${run.state}: ${run.reason}`);
}

/** Says yes at every gate until the run has succeeded. @throws Error when it does not */
export async function through(house: House, app: string, number: number): Promise<Run> {
  for (;;) {
    const run = await settled(house, app, number);
    if (run.state !== 'waiting') return house.untilSucceeded(app, number, { everyMs: EVERY_MS, limitMs: LIMIT_MS });
    await house.call('POST', `/apps/${app}/runs/${number}/approve`, {});
  }
}

async function settled(house: House, app: string, number: number): Promise<Run> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const run = await house.run(app, number);
    if (run.state === 'waiting' || run.endedAt !== null) return run;
    if (Date.now() > deadline) throw new Error(`run ${number} of ${app} is still ${run.state}`);
    await pause(EVERY_MS);
  }
}
