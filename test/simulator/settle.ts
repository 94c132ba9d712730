import { APPS } from './commands/command';
import { play } from './commands/play';
import type { History } from './history';
import type { Entry } from './simulation';
import type { Watch } from './watch';

const NOTHING = { answer: { kind: 'done', value: null } } as const;
/** Looks for work at most until a history is at rest. */
const LIMIT = 400;
/** Longest that something waits for time to pass: a lease, a back-off, a loop. */
const WAIT_MS = 7_000;
/** Looks that found nothing to do before nothing is expected any more. */
const PATIENCE = 4;
/** What loops need after the last step to compare everything once. */
const CALM_MS = 16_000;

/**
 * Faults end, everything that can be done is done, and the loops have looked at all of it. Then what must be true at rest
 * is looked at as well.
 */
export async function settle(history: History, watch: Watch): Promise<void> {
  const see = async (...command: Parameters<typeof play>): Promise<Entry> => {
    const entry = await play(...command);
    watch.see(entry);
    return entry;
  };
  await see(history, { do: 'calm' });
  await see(history, { do: 'restore', at: 'web-1', how: 'confirm' });
  for (const app of [null, ...APPS]) await see(history, { do: 'freeze', at: 'web-1', app, how: 'end' });
  await see(history, { do: 'pass', ms: WAIT_MS });
  await see(history, { do: 'follow', at: 'web-1' });
  let idle = 0;
  for (let i = 0; i < LIMIT && idle < PATIENCE && watch.finding === undefined; i++) {
    const { steps, running } = history.open();
    const at = i % 2 === 0 ? 'runner-1' : 'runner-2';
    const { answer } = steps + running > 0 ? await see(history, { do: 'work', at }) : NOTHING;
    if (answer.kind === 'done' && answer.value !== null) idle = 0;
    else idle += 1;
    if (idle > 0) await see(history, { do: 'pass', ms: WAIT_MS });
  }
  for (let i = 0; i < 2 && watch.finding === undefined; i++) await see(history, { do: 'pass', ms: CALM_MS });
  if (watch.finding === undefined) watch.rest(await play(history, { do: 'pass', ms: 1 }));
}
