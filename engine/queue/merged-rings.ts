import type { Bell, Hint } from '../ports/queue';

/** Rings within this time are one, ms: whoever hears it looks for all the work that there is. */
const MERGE_MS = 50;

/** The first ring goes out at once; those that follow it closely wait for one that stands for all of them. */
export function mergedRings(send: Bell['ring']): { ring: Bell['ring']; stop(): void } {
  let quietUntil = 0;
  let waiting: NodeJS.Timeout | undefined;
  const sendNow = (hint: Hint): Promise<boolean> => {
    waiting = undefined;
    quietUntil = performance.now() + MERGE_MS;
    return send(hint);
  };
  return {
    ring: async (hint) => {
      if (waiting !== undefined) return true;
      const wait = quietUntil - performance.now();
      if (wait <= 0) return sendNow(hint);
      waiting = setTimeout(() => void sendNow(hint), wait);
      return true;
    },
    stop: () => clearTimeout(waiting),
  };
}
