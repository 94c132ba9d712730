import type { Logs } from '../ports/bytes';
import { type LogLine, logLines } from './lines';

/** Of a long log only its two ends are looked at: what was tried first, and how it ended. Bytes. */
const HEAD_BYTES = 128 * 1024;
const TAIL_BYTES = 512 * 1024;
const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** The lines of a log, or its beginning and its end, with their numbers in the whole log. */
export async function readLogEnds(logs: Logs, runId: string, stepId: string): Promise<LogLine[]> {
  const size = await logs.size(runId, stepId);
  const read = (from: number, to: number) => logs.read(runId, stepId, from, to - from);
  if (size <= HEAD_BYTES + TAIL_BYTES) return logLines((await read(0, size)).toString('utf8'));
  const head = whole(await read(0, HEAD_BYTES), 'end');
  const tail = whole(await read(size - TAIL_BYTES, size), 'start');
  let before = count(head);
  const memory = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = head.length; at < size - tail.length; ) {
    const bytes = await logs.read(runId, stepId, at, Math.min(CHUNK_BYTES, size - tail.length - at), memory);
    if (bytes.length === 0) break; // somebody removed the log while it was read
    before += count(bytes);
    at += bytes.length;
  }
  return [...logLines(head.toString('utf8')), ...logLines(tail.toString('utf8'), before + 1)];
}

/** Without the torn line at one end. */
function whole(bytes: Buffer, torn: 'start' | 'end'): Buffer {
  return torn === 'end'
    ? bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1)
    : bytes.subarray(bytes.indexOf(NEWLINE) + 1);
}

function count(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
