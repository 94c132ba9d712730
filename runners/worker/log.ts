import type { Logs } from '../../engine/ports/bytes';
import type { Clock } from '../../engine/ports/clock';

/** Lines are handed to the disk this often at most, ms; a reader sees them that late. */
const FLUSH_MS = 50;
/** Bytes of one step's log; past it the rest is counted, not kept. */
export const LOG_LIMIT_BYTES = 64 * 1024 * 1024;
const LINE_LIMIT = 16 * 1024;

/** The log of one step: a line each, with its time; written in order, in small batches. */
export function stepLog(
  logs: Logs,
  runId: string,
  stepId: string,
  clock: Clock,
  onTrouble: (error: unknown) => void,
): { line: (text: string) => void; close: () => Promise<void> } {
  let waiting: string[] = [];
  let written = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const bytes = Buffer.from(waiting.join(''));
    waiting = [];
    last = last.then(() => logs.append(runId, stepId, bytes)).catch(onTrouble);
  };
  const push = (text: string): void => {
    waiting.push(text);
    written += text.length;
    timer ??= setTimeout(flush, FLUSH_MS);
  };
  return {
    line: (text) => {
      if (written > LOG_LIMIT_BYTES) {
        dropped++;
        return;
      }
      const time = new Date(clock.now()).toISOString().slice(11, 23);
      push(`${time} ${text.length > LINE_LIMIT ? `${text.slice(0, LINE_LIMIT)}… (line cut)` : text}\n`);
    },
    close: async () => {
      if (dropped > 0)
        push(`… ${dropped} more lines were not kept: the log reached ${LOG_LIMIT_BYTES / 1_048_576} MiB\n`);
      flush();
      await last;
    },
  };
}
