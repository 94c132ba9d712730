import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';
import type { StepKind } from '../../engine/ports/step-kind';
import type { StepLease } from '../../engine/steps/lease';
import { takeSteps, type Wish } from '../../engine/steps/take';
import { anyStepWaits } from '../../engine/steps/waiting';
import { inLine } from '../../engine/store/grouped-writes';
import { type Execution, executeStep } from './execute';
import { Heard } from './heard';

/** How often a runner looks into SQL without being rung, ms. */
const POLL_MS = 250;
/** Pause after an error while looking for work, so that a broken database is not hammered, ms. */
const TROUBLE_MS = 1_000;

export interface Worker {
  /** Looks for work now. */
  wake(): void;
  /** Looks for work; resolves when it has looked and has still a free place: then nothing is left of what was heard. */
  hear(): Promise<void>;
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
  options: { owner: string; concurrency: number; pools?: readonly string[] },
): Worker {
  const { parts } = engine;
  const known = [...kinds.keys()];
  const pools = options.pools === undefined ? {} : { pools: options.pools };
  const active = new Set<Execution>();
  /** Steps that are being acted on; one whose result is being stored has left its place. */
  let places = 0;
  let draining = false;
  let looking: Promise<void> | undefined;
  let again = false;
  const heard = new Heard();

  const wake = (): void => {
    if (draining) return;
    if (looking !== undefined) again = true;
    else looking = look();
  };

  const look = async (): Promise<void> => {
    try {
      do {
        again = false;
        for (const lease of await takeSteps(parts, options.owner, wish)) begin(lease);
      } while (again && !draining);
    } catch (error) {
      parts.log.error({ error: messageOf(error) }, 'looking for work failed; trying again');
      setTimeout(wake, TROUBLE_MS).unref();
    } finally {
      looking = undefined;
      if (places < options.concurrency) heard.letGo();
    }
  };

  /** Whoever looks while all places are taken takes what is over in a moment. */
  const wish = (): Wish =>
    places < options.concurrency
      ? { ...pools, kinds: known, limit: options.concurrency - places }
      : { ...pools, kinds: QUICK, limit: QUICK_AT_ONCE };

  const begin = (lease: StepLease): void => {
    const kind = kinds.get(lease.kind);
    if (kind === undefined) throw new Error(`this runner took a step of kind ${lease.kind}, which it does not know`);
    const execution = inLine(() => executeStep(engine, kind, lease));
    active.add(execution);
    places += 1;
    // What is taken now shares the commit of the result, when few end at the same time; else it is taken after it.
    void execution.acted.then(() => {
      places -= 1;
      wake();
    });
    void execution.ended.then(() => {
      active.delete(execution);
      wake();
    });
  };

  const poll = (): void => {
    anyStepWaits(parts, wish()).then(
      (waits) => waits && wake(),
      (error) => parts.log.error({ error: messageOf(error) }, 'looking for work failed; trying again'),
    );
  };
  const timer = setInterval(poll, POLL_MS);
  wake();

  return {
    wake,
    hear: () => {
      wake();
      return draining ? Promise.resolve() : heard.keep();
    },
    running: () => active.size,
    drain: async (limitMs) => {
      draining = true;
      clearInterval(timer);
      heard.letGo();
      const late = new Promise<void>((resolve) => setTimeout(resolve, limitMs).unref());
      const given = async (): Promise<void> => {
        await looking; // what is being taken at this moment is given back as well
        for (const execution of active) execution.giveBack();
        await Promise.allSettled([...active].map((execution) => execution.ended));
      };
      await Promise.race([given(), late]);
    },
  };
}

/** Kinds that are over in a moment; taken even when all places are full. */
const QUICK = ['share', 'promote', 'approve', 'seal', 'plan'];
/** As many of them at a time. */
const QUICK_AT_ONCE = 10;
