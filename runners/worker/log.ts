import type { Logs, OutputLine } from '../../engine/ports/bytes';
import type { Clock } from '../../engine/ports/clock';
import { LinePage } from './line-page';

/** Lines are handed to the disk this often at most, ms; a reader sees them that late. */
const FLUSH_MS = 50;

/**
 * The log of one step: a line each, with its time; written in order, in small batches. Bytes stay as they came. Once it
 * is closed, what is said later by something that was left to itself goes nowhere.
 */
export function stepLog(
  logs: Logs,
  runId: string,
  stepId: string,
  clock: Clock,
  onTrouble: (error: unknown) => void,
): { line: (line: OutputLine) => void; close: () => Promise<void> } {
  let closed = false;
  let isNew = true;
  let page = new LinePage();
  /** Written once, and free to be written on again: a flood needs no more than these few. */
  const blank: LinePage[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (page.isEmpty) return;
    isNew = false;
    const full = page;
    page = blank.pop() ?? new LinePage();
    last = last
      .then(() => logs.append(runId, stepId, full.bytes))
      .catch(onTrouble)
      .then(() => {
        full.clear();
        blank.push(full);
      });
  };
  const timeOf = times(clock);
  return {
    line: (line) => {
      if (closed) return;
      page.add(timeOf(), line);
      // The first line at once: its file is made while the step goes on.
      if (page.isFull || isNew) flush();
      else timer ??= setTimeout(flush, FLUSH_MS);
    },
    close: async () => {
      closed = true;
      flush();
      await last;
      await logs.end(runId, stepId).catch(onTrouble);
    },
  };
}

/** `09:41:02.317`. Many lines come within one millisecond. */
function times(clock: Clock): () => string {
  let at = Number.NaN;
  let text = '';
  return () => {
    const now = clock.now();
    if (now !== at) text = new Date(now).toISOString().slice(11, 23);
    at = now;
    return text;
  };
}
