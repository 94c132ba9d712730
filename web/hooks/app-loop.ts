import { messageOf } from '../../engine/model/errors';
import type { AppId } from '../../engine/model/ids';
import { FETCHES_MAX } from '../limits';
import type { WebParts } from '../parts';

export interface LoopApp {
  id: AppId;
  name: string;
}

export interface AppLoop {
  /** Looks now: there is something new. Never throws, waits for nothing. */
  wake(): void;
  /** Waits for what is at work: `stopping` has ended it. */
  stop(): Promise<void>;
}

interface AppWork {
  everyMs: number;
  /** The apps that have work now. */
  due(): Promise<readonly LoopApp[]>;
  work(app: LoopApp): Promise<void>;
  /** What the log says when something went wrong that `work` did not expect. */
  warning: string;
}

/** Works for apps that have work, on a timer and when it is woken: once at a time for an app, for a few apps at once. */
export function startAppLoop(parts: WebParts, { everyMs, due, work, warning }: AppWork): AppLoop {
  const working = new Map<AppId, Promise<void>>();
  let looking: Promise<void> = Promise.resolve();
  let asked = false;
  const warn = (app: LoopApp | undefined, error: unknown) =>
    parts.log.warn({ app: app?.name, error: messageOf(error) }, warning);
  const look = async () => {
    asked = false;
    // Each of them looks again when it is done.
    if (working.size >= FETCHES_MAX) return;
    for (const app of await due()) {
      if (parts.stopping.aborted || working.size >= FETCHES_MAX) return;
      if (!working.has(app.id)) working.set(app.id, workFor(app));
    }
  };
  const workFor = async (app: LoopApp): Promise<void> => {
    const failed = await work(app).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    working.delete(app.id);
    if (failed !== undefined) warn(app, failed.error);
    // Its place is free now, and something may have come for this app after it had looked for the last time.
    else wake();
  };
  const wake = () => {
    if (parts.stopping.aborted || asked) return;
    asked = true;
    looking = looking.then(look).catch((error: unknown) => warn(undefined, error));
  };
  const timer = setInterval(wake, everyMs);
  wake();
  return {
    wake,
    stop: async () => {
      clearInterval(timer);
      await looking;
      await Promise.all(working.values());
    },
  };
}
