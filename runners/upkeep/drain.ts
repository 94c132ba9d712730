import { setTimeout as wait } from 'node:timers/promises';
import { hold, liftHold } from '../../engine/control/hold';
import { runningSteps } from '../../engine/steps/running';
import type { RunnerSettings } from '../../settings';
import { withStore } from './data';
import type { UpkeepWords } from './words';

/** An upgrade that was killed must not hold for ever; one that works lifts its hold itself. */
const HOLD_MS = 15 * 60_000;
const LOOK_MS = 200;

/**
 * `upkeep drain --within MS`: no step begins any more, and those that run may end. Pushes are accepted all the while.
 * @returns what still ran at the end of the time: it is given back when its runner ends, and goes on after
 */
export function drain(settings: RunnerSettings, { within, progress }: UpkeepWords): Promise<object> {
  return withStore(settings, async (store) => {
    const began = Date.now();
    await hold({ store }, 'upgrade', { reason: 'Gantry is being upgraded', since: began, forMs: HOLD_MS + within });
    let running = await runningSteps({ store });
    for (let told = ''; running.length > 0 && Date.now() - began < within; running = await runningSteps({ store })) {
      if (running.join() !== told) progress({ running });
      told = running.join();
      await wait(LOOK_MS);
    }
    return { running, tookMs: Date.now() - began };
  });
}

/** `upkeep lift`: work goes on. */
export function lift(settings: RunnerSettings): Promise<object> {
  return withStore(settings, async (store) => {
    await liftHold({ store }, 'upgrade');
    return {};
  });
}
