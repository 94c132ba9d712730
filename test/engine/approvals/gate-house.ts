import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Vote } from '../../../engine/approvals/decide';
import type { ApprovalShown } from '../../../engine/approvals/show';
import { GantryError } from '../../../engine/model/errors';
import type { AppId } from '../../../engine/model/ids';
import type { Identity } from '../../../engine/users/identities';
import { type House, makeHouse } from '../../support/house';
import { addPerson } from './people';

const run = promisify(execFile);
const MAIN = 'refs/heads/main';

/** Of the app `shop`. */
export const gated = (gates = '  production: { approve: { role: release-manager } }'): Record<string, string> => ({
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
${gates}
`,
});

/** An app with a gate before production, whose commits are made by different people. */
export class GateHouse {
  private told = 0;

  private constructor(
    readonly house: House,
    private readonly appId: AppId,
  ) {}

  static async make(...releaseManagers: readonly string[]): Promise<GateHouse> {
    const house = await makeHouse({ hasty: true, patienceMs: 20_000 });
    await addPerson(house.engine, 'ada', 'developer', 'admin');
    for (const name of releaseManagers) await addPerson(house.engine, name, 'release-manager');
    const { id } = await house.engine.apps.create('shop', 'user:ada');
    return new GateHouse(house, id as AppId);
  }

  close(): Promise<void> {
    return this.house.close();
  }

  async git(...args: string[]): Promise<string> {
    return (await run('git', ['-C', join(this.house.folder, 'work', 'shop'), ...args])).stdout.trim();
  }

  /** An empty commit on main; somebody else pushes it. */
  async commitBy(email: string): Promise<string> {
    await this.git('-c', 'user.name=X', '-c', `user.email=${email}`, 'commit', '-q', '--allow-empty', '-m', 'change');
    await this.git('push', '-q', '--force', join(this.house.folder, 'git', 'shop.git'), 'HEAD:main');
    return this.git('rev-parse', 'HEAD');
  }

  /** Forges tell of main, and it was fetched: what stood there before is what was delivered last. */
  async tellOf(head: string, senders: readonly (Identity | undefined)[]): Promise<number | null> {
    const { hooks } = this.house.engine;
    const ids = [];
    for (const sender of senders) {
      const hook = { appId: this.appId, forge: 'github', deliveryId: `hook-${++this.told}`, event: 'push' };
      ids.push((await hooks.receive({ ...hook, move: { ref: MAIN, after: head }, sender, ignored: '' })).id);
    }
    const since = (await this.house.engine.deliveries.heads(this.appId)).get(MAIN) ?? '0'.repeat(40);
    const app = { id: this.appId, name: 'shop' };
    const number = await hooks.settle({ app, forge: 'github', ref: MAIN, head, since, unchanged: [], hooks: ids });
    this.house.worker.wake();
    return number;
  }

  /** Waits until the run is final or waits for people. @returns its state, with the reason */
  async settled(number: number): Promise<string> {
    const { row } = await this.house.settled('shop', number);
    return `${row.state} ${row.reason}`;
  }

  /** Nothing of it stands in the way of the next run. */
  async endWaiting(number: number): Promise<void> {
    await this.settled(number);
    await this.house.engine.runs.cancel({ app: 'shop', run: number, reason: '' }, 'user:ada');
    await this.settled(number);
  }

  async gate(number: number): Promise<ApprovalShown> {
    const { approvals } = await this.house.engine.runs.show('shop', number);
    const gate = approvals.at(-1);
    if (gate === undefined) throw new Error('nobody was asked');
    return gate;
  }

  /** What somebody's yes does, or with which code it is refused. */
  async yes(user: string, number: number, more: Partial<Vote> = {}): Promise<string> {
    const shown = (await this.gate(number)).boundHash;
    const vote: Vote = { app: 'shop', run: number, user, vote: 'yes', reason: '', shown, ...more };
    try {
      return (await this.house.engine.approvals.decide(vote)).state;
    } catch (error) {
      if (error instanceof GantryError) return error.code;
      throw error;
    }
  }
}
