import { type Bell, hintId } from '../../../engine/ports/queue';
import { connectBell } from '../../../engine/queue/bell';
import { makeEngine, type TestEngine } from '../../support/engine';
import { until } from '../../web/support/until';

/** An engine with a real bell; what it logs as a warning is kept. */
export interface QueueHouse extends TestEngine {
  bell: Bell;
  warnings: string[];
  /** Accepts pushes, each to a branch of its own: as many steps are ready then. */
  push(count: number): Promise<void>;
  /** The steps that are ready, as their hints are called. */
  ready(): Promise<string[]>;
  /** What the queue holds; nothing while it is down. */
  held(): Promise<string[]>;
  /** Mends the queue over and over, as the control loop does, until it holds exactly the ready steps. */
  untilEqual(limitMs: number): Promise<void>;
}

const APP = 'shop';
export const REACH = { kinds: ['plan'] };

export async function makeQueueHouse(redisUrl: string): Promise<QueueHouse> {
  const warnings: string[] = [];
  const log = { info: () => {}, error: () => {}, warn: (_: object, message: string) => void warnings.push(message) };
  const bell = connectBell(redisUrl, log);
  const test = await makeEngine({ bell, log });
  const { engine } = test;
  await engine.apps.create(APP, 'user:ada');
  let pushes = 0;
  const ready = async () => {
    const rows = await engine.parts.store.read
      .selectFrom('steps')
      .select(['id', 'epoch'])
      .where('state', '=', 'ready')
      .execute();
    return rows.map(({ id, epoch }) => hintId({ stepId: id, epoch })).sort();
  };
  const held = async () => [...((await bell.held()) ?? [])].sort();
  return {
    ...test,
    bell,
    warnings,
    ready,
    held,
    push: async (count) => {
      for (let i = 0; i < count; i++) {
        const after = (++pushes).toString(16).padStart(40, '0');
        const ref = `refs/heads/b-${pushes}`;
        const push = { app: APP, source: 'git-push', ref, before: '0'.repeat(40), after, pusher: 'user:ada' };
        await engine.deliveries.accept(push, 'user:ada');
      }
    },
    untilEqual: async (limitMs) => {
      const deadline = Date.now() + limitMs;
      await until(async () => {
        if (Date.now() > deadline) throw new Error(`the queue is not equal to SQL after ${limitMs} ms`);
        await engine.queue.repair(REACH);
        return bell.state() === 'up' && (await held()).join() === (await ready()).join();
      });
    },
    close: async () => {
      await bell.close();
      await test.close();
    },
  };
}
