import { parseDuration } from '../pipelines/units';
import { usageError } from './errors';

/**
 * A time in the past as people type it: `2h` ago, or a date, which is UTC unless it says otherwise.
 * @returns milliseconds since 1970, UTC. @throws CommandError (exit 2).
 */
export function momentOf(option: string, text: string, now: number): number {
  const ago = parseDuration(text);
  if (ago !== null) return now - ago;
  const date = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  const zoned = date !== null && date[1] !== undefined && date[4] === undefined ? `${text}Z` : text;
  const at = date === null ? Number.NaN : Date.parse(zoned);
  if (!Number.isNaN(at)) return at;
  throw usageError(`--${option} is "${text}", and it must be a time`, 'write it like 2h, 7d or 2026-11-30T08:00');
}
