import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** A process that outlived what started it. */
export interface LeftProcess {
  readonly pid: number;
  readonly command: string;
}

/** How long children may take to end after the last test. */
const PATIENCE_MS = 2_000;

/**
 * The processes that carry the suite's mark in their environment, or are direct children of this process. They get a
 * moment to end first, since the last test may just have told them to.
 */
export async function processesOf(mark: string): Promise<LeftProcess[]> {
  const deadline = Date.now() + PATIENCE_MS;
  let left = marked(mark);
  while (left.length > 0 && Date.now() < deadline) {
    await wait(50);
    left = marked(mark);
  }
  return left;
}

/** Ends exactly these processes. */
export function endProcesses(processes: readonly LeftProcess[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function marked(mark: string): LeftProcess[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && isOurs(pid, mark))
    .map((pid) => ({ pid, command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }));
}

function isOurs(pid: number, mark: string): boolean {
  const [state, parent] = statOf(pid);
  if (state === '' || state === 'Z') return false;
  return Number(parent) === process.pid || read(`/proc/${pid}/environ`).includes(`GANTRY_TEST_RUN=${mark}`);
}

/** State and parent of a process; the command before them, in brackets, may itself hold brackets and blanks. */
function statOf(pid: number): [state: string, parent: string] {
  const stat = read(`/proc/${pid}/stat`);
  const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [state, parent];
}

/** A file of /proc, or nothing when the process has ended or belongs to someone else. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
