import type { Logs } from '../../engine/ports/bytes';
import { LOG_CHUNK } from '../limits';
import { countNewlines, NEWLINE, type Position } from './lines';

/** Logs whose counts are remembered. */
const LOGS_KNOWN = 200;

export interface StepRef {
  runId: string;
  stepId: string;
}

/**
 * Knows which line begins where. Logs only grow, so the lines of each chunk that was whole are counted once; a log that
 * is looked at again and again is not read from its beginning each time.
 */
export class LineIndex {
  /** By step: `counts[i]` are the line ends before chunk i. */
  private readonly known = new Map<string, number[]>();

  constructor(private readonly logs: Logs) {}

  /** The number of the line that holds the byte at `offset`. */
  async lineAt(step: StepRef, offset: number): Promise<number> {
    const chunk = Math.floor(offset / LOG_CHUNK);
    const counts = await this.countTo(step, chunk);
    const begun = await this.read(step, chunk);
    return (counts[chunk] ?? 0) + countNewlines(begun.subarray(0, offset - chunk * LOG_CHUNK)) + 1;
  }

  /** Where a line begins; of a line that is not there, where the last one does. */
  async beginOf(step: StepRef, line: number): Promise<Position> {
    const size = await this.logs.size(step.runId, step.stepId);
    const counts = await this.countTo(step, Math.floor(size / LOG_CHUNK));
    const after = counts.findIndex((count) => count >= line - 1);
    const chunk = Math.max(0, (after < 0 ? counts.length : after) - 1);
    const bytes = await this.read(step, chunk);
    let at = 0;
    let number = (counts[chunk] ?? 0) + 1;
    for (; number < line; number++) {
      const end = bytes.indexOf(NEWLINE, at);
      if (end < 0) break;
      at = end + 1;
    }
    return { offset: chunk * LOG_CHUNK + at, line: number };
  }

  private async countTo(step: StepRef, chunks: number): Promise<readonly number[]> {
    const counts = this.known.get(step.stepId) ?? [0];
    this.known.delete(step.stepId);
    this.known.set(step.stepId, counts);
    const [oldest] = this.known.keys();
    if (this.known.size > LOGS_KNOWN && oldest !== undefined) this.known.delete(oldest);
    for (let chunk = counts.length - 1; chunk < chunks; chunk++) {
      counts[chunk + 1] = (counts[chunk] ?? 0) + countNewlines(await this.read(step, chunk));
    }
    return counts;
  }

  private read(step: StepRef, chunk: number): Promise<Buffer> {
    return this.logs.read(step.runId, step.stepId, chunk * LOG_CHUNK, LOG_CHUNK);
  }
}
