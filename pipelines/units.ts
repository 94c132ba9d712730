/**
 * Units of `gantry.yml`: text to number and back. Each `parse…` answers null for text that it does not know;
 * each `format…` writes the shortest text that parses to the same number.
 */

const MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Record<string, number> = { m: 1024 ** 2, g: 1024 ** 3 };

export const DURATION_PATTERN = '^[0-9]{1,9}(ms|s|m|h|d)$';
export const MEMORY_PATTERN = '^[0-9]{1,7}(m|g)$';
export const SHARE_PATTERN = '^[0-9]{1,3}([.][0-9]{1,2})?%$';
export const SHARE_THRESHOLD_PATTERN = '^< *[0-9]{1,3}([.][0-9]{1,2})?%$';
export const DURATION_THRESHOLD_PATTERN = '^< *[0-9]{1,9}(ms|s|m|h|d)$';

/** A whole share: 100 %, in 1/10,000. */
export const SHARE_WHOLE = 10_000;

/** `500ms`, `10s`, `5m`, `2h`, `7d` to milliseconds. */
export function parseDuration(text: string): number | null {
  return parseWithUnit(text, DURATION_PATTERN, MS);
}

/** Milliseconds to `500ms`, `10s`, `5m`, `2h`, `7d`: the largest unit that is exact. */
export function formatDuration(ms: number): string {
  return formatWithUnit(ms, MS, 's');
}

/** `512m`, `1g` to bytes (1 m = 1,048,576). */
export function parseMemory(text: string): number | null {
  return parseWithUnit(text, MEMORY_PATTERN, BYTES);
}

/** Bytes to `512m`, `1g`; bytes between two mebibytes are rounded down. */
export function formatMemory(bytes: number): string {
  const mebibytes = Math.floor(bytes / 1024 ** 2) * 1024 ** 2;
  return formatWithUnit(mebibytes, BYTES, 'm');
}

/** `5%`, `0.01%`, `100%` to 1/10,000. */
export function parseShare(text: string): number | null {
  if (!new RegExp(SHARE_PATTERN).test(text)) return null;
  // By digits, not by multiplication: 0.07 * 100 is not 7 in floating point.
  const [whole = '', part = ''] = text.slice(0, -1).split('.');
  const share = Number(whole) * 100 + Number(part.padEnd(2, '0'));
  return share <= SHARE_WHOLE ? share : null;
}

/** What was probably meant by a text that is no share: `5` is `5%`, `0.001%` is `0.01%`; null when nothing is near. */
export function nearestShare(text: string): string | null {
  const match = /^\s*(\d{1,9})(?:[.,](\d{1,9}))?\s*%?\s*$/.exec(text);
  if (match === null) return null;
  const percent = Number(`${match[1]}.${match[2] ?? 0}`);
  const share = Math.min(SHARE_WHOLE, Math.max(percent > 0 ? 1 : 0, Math.round(percent * 100)));
  const near = formatShare(share);
  return near === text ? null : near;
}

/** 1/10,000 to `5%`, `0.01%`. */
export function formatShare(share: number): string {
  const part = String(share % 100)
    .padStart(2, '0')
    .replace(/0+$/, '');
  return `${Math.floor(share / 100)}${part === '' ? '' : `.${part}`}%`;
}

/** `< 1%` to the share in 1/10,000 that must not be reached. */
export function parseShareThreshold(text: string): number | null {
  return text.startsWith('<') ? parseShare(text.slice(1).trimStart()) : null;
}

/** `< 300ms` to the milliseconds that must not be reached. */
export function parseDurationThreshold(text: string): number | null {
  return text.startsWith('<') ? parseDuration(text.slice(1).trimStart()) : null;
}

function parseWithUnit(text: string, pattern: string, units: Record<string, number>): number | null {
  if (!new RegExp(pattern).test(text)) return null;
  const digits = /^[0-9]+/.exec(text)?.[0] ?? '';
  const value = Number(digits) * (units[text.slice(digits.length)] ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : null;
}

function formatWithUnit(value: number, units: Record<string, number>, zeroUnit: string): string {
  if (value === 0) return `0${zeroUnit}`;
  const exact = Object.entries(units).filter(([, size]) => value % size === 0);
  const [unit, size] = exact.at(-1) ?? ['', 1];
  return `${value / size}${unit}`;
}
