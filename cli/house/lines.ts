import { harmless } from '../output';

/** The line in which web shows the first user's token, once. */
export const tokenIn = (line: string): string | undefined => /^first token: (\S+)\s*$/.exec(line)?.[1];

/** Level "warn" of the structured logs. */
const WARN = 40;

/** What of a child's output a person should see: warnings and errors of its log, and all plain lines. */
export function importantLine(line: string): string | undefined {
  const plain = harmless(line).trim();
  if (plain === '') return undefined;
  const entry = entryIn(plain);
  if (entry === undefined) return plain;
  if (entry.level === undefined || entry.level < WARN) return undefined;
  const reason = entry.err?.message;
  const said = entry.msg ?? '';
  return reason === undefined || said.includes(reason) ? said : [said, reason].filter(Boolean).join(': ');
}

interface Entry {
  level?: number;
  msg?: string;
  err?: { message?: string };
}

function entryIn(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Entry;
  } catch {
    // Only looks like a log entry; it is shown as it is.
    return undefined;
  }
}
