import type { Engine } from '../../engine/engine';
import { isFinalStep } from '../../engine/model/states';
import type { Logger } from '../../engine/ports/logger';
import { Watches } from '../events/watches';
import { LOG_CHUNK, LOG_LINES_BEFORE, LOG_POLL_MS, LOG_TAIL } from '../limits';
import { LineIndex, type StepRef } from './line-index';
import { type Position, takeLines } from './lines';
import type { LogLine } from './styled-line';

/** A part of a log as a page shows it. */
export interface LogView {
  lines: LogLine[];
  /** Where reading goes on. */
  next: Position;
  /** Whether there are lines before it, and after it. */
  before: boolean;
  after: boolean;
}

/** What is known of a log that may still grow. */
interface Growth {
  size: number;
  ended: boolean;
}

/** Reads logs of steps for any number of readers: one look serves all that follow the same log. */
export class LogReader {
  private readonly index: LineIndex;
  private readonly growth: Watches<StepRef, Growth>;

  constructor(
    private readonly engine: Engine,
    log: Logger,
  ) {
    this.index = new LineIndex(engine.parts.logs);
    this.growth = new Watches<StepRef, Growth>(
      {
        key: (step) => step.stepId,
        look: (step) => this.look(step),
        same: (a, b) => a.size === b.size && a.ended === b.ended,
        everyMs: LOG_POLL_MS,
      },
      log,
    );
  }

  /** The end of a log, from the beginning of a line. */
  async tail(step: StepRef): Promise<LogView> {
    const { logs } = this.engine.parts;
    const size = await logs.size(step.runId, step.stepId);
    const from = Math.max(0, size - LOG_TAIL);
    if (from === 0) return this.view(step, { offset: 0, line: 1 });
    const line = await this.index.lineAt(step, from);
    return this.view(step, await this.index.beginOf(step, line + 1));
  }

  /** The surroundings of a line: some lines before it, many after it. */
  async around(step: StepRef, line: number): Promise<LogView> {
    return this.view(step, await this.index.beginOf(step, Math.max(1, line - LOG_LINES_BEFORE)));
  }

  /**
   * What is there from `offset` and what comes, until the step has ended or `signal` aborts.
   * @param memory used for each piece, which is then only what it is until the next one is asked for
   */
  async *follow(step: StepRef, offset: number, signal: AbortSignal, memory?: Buffer): AsyncGenerator<Buffer> {
    const { logs } = this.engine.parts;
    let at = offset;
    for await (const { size, ended } of this.growth.follow(step, signal)) {
      while (at < size && !signal.aborted) {
        const bytes = await logs.read(step.runId, step.stepId, at, LOG_CHUNK, memory);
        if (bytes.length === 0) break;
        at += bytes.length;
        yield bytes;
      }
      if (ended) return;
    }
  }

  /** Whole lines from a position on, with where the next one begins, until the step has ended or `signal` aborts. */
  async *lines(
    step: StepRef,
    from: Position,
    signal: AbortSignal,
  ): AsyncGenerator<{ lines: LogLine[]; next: Position }> {
    let next = from;
    let rest: Buffer = Buffer.alloc(0);
    const take = (final: boolean) => {
      const taken = takeLines(rest, next, final);
      rest = rest.subarray(taken.next.offset - next.offset);
      next = taken.next;
      return taken;
    };
    for await (const bytes of this.follow(step, from.offset, signal)) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const taken = take(false);
      if (taken.lines.length > 0) yield taken;
    }
    if (!signal.aborted && rest.length > 0) yield take(true);
  }

  close(): void {
    this.growth.close();
  }

  private async view(step: StepRef, from: Position): Promise<LogView> {
    const { logs } = this.engine.parts;
    const bytes = await logs.read(step.runId, step.stepId, from.offset, LOG_TAIL);
    const size = await logs.size(step.runId, step.stepId);
    const after = size > from.offset + bytes.length;
    const { lines, next } = takeLines(bytes, from, !after && (await this.hasEnded(step)));
    return { lines, next, before: from.line > 1, after };
  }

  /** The state is read first: what was written before the end is then surely in the size. */
  private async look(step: StepRef): Promise<Growth> {
    const ended = await this.hasEnded(step);
    return { size: await this.engine.parts.logs.size(step.runId, step.stepId), ended };
  }

  private async hasEnded({ stepId }: StepRef): Promise<boolean> {
    const state = await this.engine.runs.stepState(stepId);
    return state === undefined || isFinalStep(state);
  }
}
