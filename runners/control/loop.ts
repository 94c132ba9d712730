import { TERM_MS } from '../../engine/control/term';
import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';

/** One control loop: what it mends, how often, under a term of its own. */
export interface Loop {
  name: string;
  everyMs: number;
  /** @param signal aborts when the runner is to stop: a long turn ends early then */
  turn(signal: AbortSignal): Promise<void>;
  /** Called when another runner has or had the term, while everything is held, and at the end. */
  rest?(): void;
}

/** A term is asked for so often that it never lapses while its holder lives, however seldom the loop has a turn. */
const KEEP_MS = TERM_MS / 5;

/**
 * Starts a loop, whose turns are this process's for as long as it holds the term. Returns what stops it and waits for
 * the turn under way.
 * @param holder names this process among those that want the term
 */
export function startLoop(engine: Engine, loop: Loop, term: string, holder: string): () => Promise<void> {
  const { log } = engine.parts;
  let busy: Promise<void> | undefined;
  let epoch: number | undefined;
  let trouble = '';
  const stopped = new AbortController();
  const holdTerm = async (): Promise<boolean> => {
    const now = await engine.terms.hold(term, holder);
    // What was seen in an earlier term is old: somebody else may have acted since.
    if (now !== epoch) loop.rest?.();
    epoch = now;
    return now !== undefined;
  };
  const turn = async (): Promise<void> => {
    try {
      if ((await engine.holds.list()).length > 0) return loop.rest?.();
      if (!(await holdTerm())) return;
      await loop.turn(stopped.signal);
      if (trouble !== '') log.info({ loop: loop.name }, 'a control loop works again');
      trouble = '';
    } catch (error) {
      // Said once per kind of trouble: a loop that fails every five seconds must not fill the log.
      if (messageOf(error) !== trouble) log.warn({ loop: loop.name, error: messageOf(error) }, 'a control loop failed');
      trouble = messageOf(error);
    }
  };
  const keepTerm = (): void => {
    if (epoch === undefined) return;
    engine.terms
      .hold(term, holder)
      .catch((error) => log.warn({ loop: loop.name, error: messageOf(error) }, 'a term was not renewed'));
  };
  const begin = (): void => {
    busy ??= turn().finally(() => {
      busy = undefined;
    });
  };
  const timers = [setInterval(begin, loop.everyMs), setInterval(keepTerm, KEEP_MS)];
  begin();
  return async () => {
    for (const timer of timers) clearInterval(timer);
    stopped.abort();
    await busy;
    loop.rest?.();
  };
}
