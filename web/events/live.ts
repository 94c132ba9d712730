import type { EventRecord } from '../../engine/events/since';
import { isFinalRun, type RunState } from '../../engine/model/states';
import type { StepRef } from '../logs/line-index';
import type { Position } from '../logs/lines';
import type { WebParts } from '../parts';
import { END, eventText, type SentEvents } from './sse';

/** How far a reader has come: the last event, and the next line of the log. */
export interface LivePosition {
  after: number;
  log: Position;
}

/** `12.4096.80`: the id of each message, so that whoever comes back misses nothing and sees nothing twice. */
const formatPosition = ({ after, log }: LivePosition): string => `${after}.${log.offset}.${log.line}`;

/** Undefined for a text that is none. */
export function parsePosition(text: string): LivePosition | undefined {
  const [, after, offset, line] = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(text) ?? [];
  return line === undefined ? undefined : { after: Number(after), log: { offset: Number(offset), line: Number(line) } };
}

export interface LiveRun {
  id: string;
  /** Its last event was seen: none is waited for. */
  told: boolean;
  /** Whose log is followed; none when undefined. */
  step: StepRef | undefined;
  /** Whose measured traffic is told; none when undefined. */
  environmentId: string | undefined;
}

/**
 * Sends all that a page of a run shows: its events, the log of one step, and a `sample` each time that traffic was
 * measured. In one stream, since a browser opens few at once. Ends when the run has ended and the log was read.
 */
export async function sendLive(
  parts: WebParts,
  stream: SentEvents,
  run: LiveRun,
  from: LivePosition,
  signal: AbortSignal,
): Promise<void> {
  const at = structuredClone(from);
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const events = run.told ? Promise.resolve() : sendEventsOf(parts, stream, run.id, at, until);
  const log = run.step === undefined ? Promise.resolve() : sendLog(parts, stream, run.step, at, until);
  const all = Promise.all([events, log]).finally(() => over.abort());
  const samples = run.environmentId === undefined ? undefined : sendSamples(parts, stream, run.environmentId, until);
  try {
    await Promise.all([all, samples]);
    if (!signal.aborted && !stream.gone) await stream.send(END);
  } finally {
    over.abort();
  }
}

async function sendEventsOf(
  parts: WebParts,
  stream: SentEvents,
  runId: string,
  at: LivePosition,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of parts.feed.follow({ after: at.after, runId }, signal)) {
    at.after = event.id;
    await stream.send(eventText(formatPosition(at), event));
    if (stream.gone || isEnd(event)) return;
  }
}

async function sendLog(
  parts: WebParts,
  stream: SentEvents,
  step: StepRef,
  at: LivePosition,
  signal: AbortSignal,
): Promise<void> {
  for await (const { lines, next } of parts.logs.lines(step, at.log, signal)) {
    at.log = next;
    await stream.send(`id: ${formatPosition(at)}\nevent: log\ndata: ${JSON.stringify(lines)}\n\n`);
    if (stream.gone) return;
  }
}

/**
 * Without an id, since charts are shown as a whole. What was measured before is told too: it may have come after the
 * page was made, and before its stream was opened.
 */
async function sendSamples(
  parts: WebParts,
  stream: SentEvents,
  environmentId: string,
  signal: AbortSignal,
): Promise<void> {
  for await (const at of parts.traffic.follow(environmentId, signal)) {
    if (at > 0) await stream.send(`event: sample\ndata: ${at}\n\n`);
    if (stream.gone) return;
  }
}

/** The run's own last event: its state became final. */
export function isEnd(event: EventRecord): boolean {
  return event.type === 'run' && isFinalRun(event.data.state as RunState);
}
