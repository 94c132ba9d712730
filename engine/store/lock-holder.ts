import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A process that has the database's lock for writing. */
export interface LockHolder {
  pid: number;
  /** SIGSTOP, or a debugger: it will not give the lock back until somebody wakes it. */
  isPaused: boolean;
  /** A web or runner of this data folder. */
  isOurs: boolean;
}

/** The byte of `gantry.db-shm` that whoever writes has locked; part of SQLite's format. */
const WRITE_LOCK = 120;

/** Who has the lock of this database for writing; undefined for nobody, and where the kernel does not tell. */
export function lockHolder(file: string): LockHolder | undefined {
  try {
    const { ino } = statSync(`${file}-shm`);
    // `7: POSIX  ADVISORY  WRITE 1234 fe:01:131090 120 120`
    const locks = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const lock = locks.find(
      ([, , , mode, , place, from, to]) =>
        mode === 'WRITE' &&
        place?.split(':')[2] === String(ino) &&
        Number(from) <= WRITE_LOCK &&
        Number(to) >= WRITE_LOCK,
    );
    const pid = Number(lock?.[4]);
    // Zero and less are processes of other containers.
    return pid > 0 ? { pid, isPaused: isPaused(pid), isOurs: isOurs(dirname(file), pid) } : undefined;
  } catch {
    return undefined; // no Linux, or it has ended meanwhile
  }
}

/**
 * Ends a process of ours that was paused while it held the lock: nobody could write until somebody wakes it, and that
 * may be never. It may die at any line; what it had not committed is taken back.
 * @returns whom it has ended
 */
export function endPausedHolder(file: string): LockHolder | undefined {
  const holder = lockHolder(file);
  if (holder === undefined || !holder.isPaused || !holder.isOurs || holder.pid === process.pid) return undefined;
  try {
    process.kill(holder.pid, 'SIGKILL');
    return holder;
  } catch {
    return undefined; // it has ended meanwhile, or belongs to another user
  }
}

/** The state comes after the name, which is in parentheses and may hold anything. */
function isPaused(pid: number): boolean {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return 'Tt'.includes(text.charAt(text.lastIndexOf(')') + 2));
}

/** By the state file that it has written when it began. */
function isOurs(home: string, pid: number): boolean {
  return ['web', 'runner'].some((name) => existsSync(join(home, 'run', `${name}-${pid}.json`)));
}
