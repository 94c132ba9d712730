import type { Engine } from '../../engine/engine';
import type { EventRecord } from '../../engine/events/since';
import { messageOf } from '../../engine/model/errors';
import type { Logger } from '../../engine/ports/logger';
import { EVENTS_BEHIND_MAX, EVENTS_POLL_MS } from '../limits';

export interface EventFilter {
  /** Events after this id. */
  after: number;
  runId?: string;
  /** Only of these apps. */
  appIds?: readonly string[];
}

/**
 * Events as they are committed, for any number of listeners: one look into SQL serves all, and nobody looks while
 * nobody listens.
 */
export interface EventFeed {
  /**
   * What came after, then what comes. Ends when `signal` aborts, when the feed is closed, or when the listener is so
   * far behind that keeping its events would cost too much: it may come again with the last id that it saw.
   */
  follow(filter: EventFilter, signal: AbortSignal): AsyncGenerator<EventRecord>;
  close(): void;
}

const PAGE = 500;

interface Listener {
  filter: EventFilter;
  waiting: EventRecord[];
  cutOff: boolean;
  wake(): void;
}

export function createFeed(engine: Engine, log: Logger): EventFeed {
  const listeners = new Set<Listener>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let seen = 0;
  const look = async () => {
    try {
      for (let more = (await engine.events.newest()) > seen; more; ) {
        const events = await engine.events.since(seen, { limit: PAGE });
        for (const event of events) hand(event, listeners);
        seen = events.at(-1)?.id ?? seen;
        more = events.length === PAGE;
      }
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'events could not be read; trying again');
    }
    timer = listeners.size === 0 || closed ? undefined : setTimeout(() => void look(), EVENTS_POLL_MS);
  };
  const join = async (filter: EventFilter): Promise<Listener> => {
    const listener: Listener = { filter, waiting: [], cutOff: false, wake: () => undefined };
    // Nobody listened, so `seen` may be old: what lies between is read by the catching up below. Asked again after the
    // wait: another listener may have come meanwhile, and would miss what is skipped here.
    const idle = () => listeners.size === 0 && timer === undefined;
    const newest = idle() ? await engine.events.newest() : seen;
    if (idle()) seen = newest;
    listeners.add(listener);
    timer ??= setTimeout(() => void look(), EVENTS_POLL_MS);
    return listener;
  };
  return {
    follow: async function* (filter, signal) {
      if (closed || signal.aborted) return;
      const listener = await join(filter);
      const end = () => listener.wake();
      signal.addEventListener('abort', end);
      const ended = () => closed || signal.aborted || listener.cutOff;
      try {
        let after = filter.after;
        for (let more = true; more && !ended(); ) {
          const events = await engine.events.since(after, { ...filter, limit: PAGE });
          for (const event of events) {
            after = event.id;
            yield event;
          }
          more = events.length === PAGE;
        }
        while (!ended()) {
          const event = listener.waiting.shift();
          if (event === undefined) await nextWake(listener);
          else if (event.id > after) yield event;
        }
      } finally {
        signal.removeEventListener('abort', end);
        listeners.delete(listener);
      }
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      for (const listener of listeners) listener.wake();
    },
  };
}

function hand(event: EventRecord, listeners: ReadonlySet<Listener>): void {
  for (const listener of listeners) {
    const { runId, appIds } = listener.filter;
    if (runId !== undefined && event.run?.id !== runId) continue;
    if (appIds?.includes(event.appId) === false) continue;
    if (listener.waiting.length >= EVENTS_BEHIND_MAX) listener.cutOff = true;
    else listener.waiting.push(event);
    listener.wake();
  }
}

function nextWake(listener: Listener): Promise<void> {
  return new Promise((resolve) => {
    listener.wake = resolve;
  });
}
