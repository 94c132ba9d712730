import { setTimeout as wait } from 'node:timers/promises';
import { CommandError, EXIT } from '../errors';
import { type Client, path } from './client';
import { readEvents } from './events';
import { isFinal, type Run } from './types';

/** Pauses between attempts to reach a Gantry that went away while somebody watched: it may only be restarting. */
export const RETRY_MS = [100, 250, 500, 1000, 2000, 2000, 2000, 2000, 5000, 5000, 5000];
/** A burst of events is answered by one look at the run. */
const GATHER_MS = 20;

export const readRun = (client: Client, app: string, number: number): Promise<Run> =>
  client.get<Run>(path`/apps/${app}/runs/${number}`);

/**
 * Calls `onChange` with the run as it is now, and again after each change, until the run is final or `onChange` says
 * `stop`. Survives a restart of Gantry: it goes on at the last event it saw.
 *
 * @returns the run as it was last seen
 */
export async function followRun(
  client: Client,
  app: string,
  number: number,
  onChange: (run: Run) => 'go on' | 'stop',
): Promise<Run> {
  let seen = '';
  let reached = false;
  for (let attempt = 0; ; attempt++) {
    try {
      let run = await readRun(client, app, number);
      reached = true;
      if (onChange(run) === 'stop' || isFinal(run)) return run;
      for await (const id of changes(client, app, number, seen)) {
        attempt = 0;
        seen = id || seen;
        run = await readRun(client, app, number);
        if (onChange(run) === 'stop' || isFinal(run)) return run;
      }
    } catch (error) {
      if (!isLost(error) || !reached || attempt >= RETRY_MS.length) throw error;
    }
    await wait(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
  }
}

/** Whether Gantry itself went away: what it refuses stays refused. */
export const isLost = (error: unknown): boolean => !(error instanceof CommandError) || error.exit === EXIT.silent;

/** The id of the last event of each burst. Ends when the stream ends, for whatever reason. */
async function* changes(client: Client, app: string, number: number, after: string): AsyncGenerator<string> {
  const ended = new AbortController();
  const stream = await client.stream(path`/apps/${app}/runs/${number}/events`, {
    headers: { accept: 'text/event-stream', ...(after === '' ? {} : { 'last-event-id': after }) },
    signal: ended.signal,
  });
  const events = readEvents(stream);
  let next = events.next();
  try {
    for (;;) {
      let last = await next;
      const deadline = Date.now() + GATHER_MS;
      while (last.done !== true && Date.now() < deadline) {
        next = events.next();
        // A stream that breaks now is found by the next read; first what came before it is passed on.
        const more = await Promise.race([next.catch(() => undefined), wait(deadline - Date.now(), undefined)]);
        if (more === undefined || more.done === true) break;
        last = more;
      }
      if (last.done === true) return;
      yield last.value.id;
      if (last.value.type === 'end') return;
    }
  } finally {
    // Nobody waits for the last read any more; that it ends with an error is our own doing.
    next.catch(() => undefined);
    stream.on('error', () => undefined);
    ended.abort();
  }
}
