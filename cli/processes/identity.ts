import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf } from '../errors';

/**
 * One process and no other: a number is used again after its process has ended, but not within the same start of the
 * machine at the same tick.
 */
export interface ProcessIdentity {
  pid: number;
  /** The machine's start, by the kernel's own id. */
  boot: string;
  /** When the process started, in clock ticks since then. */
  ticks: number;
}

/** How often a process that should end is looked at. */
const LOOK_MS = 20;
/** How long a killed process may take to vanish. */
const KILLED_MS = 2_000;
/** Linux counts in hundredths of a second towards user space. */
const TICKS_PER_SECOND = 100;

/** Undefined when there is no such process, or when it has ended and only waits to be collected. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The command before the last bracket may itself hold brackets and blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '' || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, boot: read('/proc/sys/kernel/random/boot_id').trim(), ticks: Number(fields[19]) };
}

/** Does this very process still run? */
export function isRunning(known: ProcessIdentity): boolean {
  const now = identify(known.pid);
  return now !== undefined && now.boot === known.boot && now.ticks === known.ticks;
}

/** The command line, with blanks between the words; empty when it cannot be read. */
export const commandOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();

/** When the process started, ms since 1970, to about 10 ms; undefined when that cannot be told. */
export function startOf(identity: ProcessIdentity): number | undefined {
  const boot = /^btime (\d+)$/m.exec(read('/proc/stat'))?.[1];
  return boot === undefined ? undefined : (Number(boot) + identity.ticks / TICKS_PER_SECOND) * 1000;
}

/** Sends a signal to this very process. @returns false when it has ended already. */
export function signal(known: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isRunning(known)) return false;
  try {
    process.kill(known.pid, name);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
    throw error;
  }
}

/** Waits until the process has ended. @returns false when it still runs after `ms`. */
export async function awaitEnd(known: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (isRunning(known)) {
    if (Date.now() >= deadline) return false;
    await wait(LOOK_MS);
  }
  return true;
}

export type HowEnded = 'was not running' | 'ended' | 'killed' | 'still runs';

/** Asks the process to end, and after `graceMs` makes it. */
export async function endProcess(known: ProcessIdentity, graceMs: number): Promise<HowEnded> {
  if (!signal(known, 'SIGTERM')) return 'was not running';
  if (await awaitEnd(known, graceMs)) return 'ended';
  signal(known, 'SIGKILL');
  return (await awaitEnd(known, KILLED_MS)) ? 'killed' : 'still runs';
}

/** A file of /proc; empty when the process has ended or belongs to someone else. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Processes come and go while one looks; who calls treats "not there" and "not ours" alike.
    return '';
  }
}
