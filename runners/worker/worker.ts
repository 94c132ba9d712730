import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';
import type { StepKind } from '../../engine/ports/step-kind';
import type { StepLease } from '../../engine/steps/lease';
import { takeStep } from '../../engine/steps/take';
import { type Execution, executeStep } from './execute';

/** How often a runner looks into SQL without being rung, ms. */
const POLL_MS = 250;
/** Pause after an error while looking for work, so that a broken database is not hammered, ms. */
const TROUBLE_MS = 1_000;

export interface Worker {
  /** Looks for work now. */
  wake(): void;
  /** Takes no more work, gives running steps back, waits for them. */
  drain(limitMs: number): Promise<void>;
  running(): number;
}

/**
 * Takes steps and carries them out, `concurrency` at once. Steps of a rollback do not count against that limit: the
 * way back is never in a queue behind builds.
 */
export function startWorker(
  engine: Engine,
  kinds: ReadonlyMap<string, StepKind>,
  options: { owner: string; concurrency: number },
): Worker {
  const { log } = engine.parts;
  const active = new Set<Execution>();
  let draining = false;
  let looking = false;
  let again = false;

  const look = async (): Promise<void> => {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    try {
      do {
        again = false;
        await takeAll();
      } while (again && !draining);
    } catch (error) {
      log.error({ error: messageOf(error) }, 'looking for work failed; trying again');
      setTimeout(wake, TROUBLE_MS).unref();
    } finally {
      looking = false;
    }
  };

  const takeAll = async (): Promise<void> => {
    while (!draining) {
      const quick = active.size >= options.concurrency;
      const lease = await takeStep(engine.parts, options.owner, { kinds: quick ? QUICK : [...kinds.keys()] });
      if (lease === undefined) return;
      begin(lease);
    }
  };

  const begin = (lease: StepLease): void => {
    const kind = kinds.get(lease.kind);
    if (kind === undefined) throw new Error(`this runner took a step of kind ${lease.kind}, which it does not know`);
    const execution = executeStep(engine, kind, lease);
    active.add(execution);
    void execution.ended.then(() => {
      active.delete(execution);
      wake();
    });
  };

  const wake = (): void => {
    if (!draining) void look();
  };
  const timer = setInterval(wake, POLL_MS);
  wake();

  return {
    wake,
    running: () => active.size,
    drain: async (limitMs) => {
      draining = true;
      clearInterval(timer);
      for (const execution of active) execution.giveBack();
      const late = new Promise<void>((resolve) => setTimeout(resolve, limitMs).unref());
      await Promise.race([Promise.allSettled([...active].map((e) => e.ended)), late]);
    },
  };
}

/** Kinds that are over in a moment; taken even when all places are full. */
const QUICK = ['share', 'promote', 'approve', 'seal', 'plan'];
