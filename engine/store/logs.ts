import { closeSync, fstatSync, open as openCallback, writeSync } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logs } from '../ports/bytes';
import { LogRest, type RestLimits } from './log-rest';

export interface LogLimits extends RestLimits {
  /** Bytes of a log that are kept from its beginning; what comes after them is the rest. */
  headBytes: number;
}

const MIB = 1024 * 1024;
/** Of one step's log, MiB, for whoever only reads, and where no setting says otherwise. */
const LOG_LIMIT_MIB = 64;
/** The end that is kept of a log over its limit: a sixteenth, which is enough to see how it went. */
const TAIL_PART = 16;

/** The beginning says what was tried, the end how it went. @param limit of one step's log, MiB */
export function logLimits(limit: number): LogLimits {
  const limitBytes = limit * MIB;
  const tailBytes = limitBytes / TAIL_PART;
  return { headBytes: limitBytes - tailBytes, tailBytes, limitBytes };
}

/**
 * Step logs as files: `<folder>/<run>/<step>.log`, where both are ids of ours (never text of a user). A log only grows,
 * and stays within its limit: past its head, what comes is held back until the end, and of that the last is kept.
 */
export function fileLogs(folder: string, limits = logLimits(LOG_LIMIT_MIB)): Logs {
  const path = (runId: string, stepId: string) => join(folder, safe(runId), `${safe(stepId)}.log`);
  const written = new Map<string, Promise<OpenLog>>();
  const openLog = async (file: string): Promise<OpenLog> => {
    const known = written.get(file);
    if (known !== undefined && !(await known).isGone()) return known;
    const opening = OpenLog.open(file, limits);
    written.set(file, opening);
    opening.catch(() => written.delete(file)); // the next one who writes tries again
    return opening;
  };
  return {
    append: async (runId, stepId, bytes) => (await openLog(path(runId, stepId))).append(bytes),
    end: async (runId, stepId) => {
      const file = path(runId, stepId);
      if (!written.has(file) && LogRest.find(file, limits) === undefined) return;
      const log = await openLog(file);
      written.delete(file);
      log.end();
    },
    read: (runId, stepId, offset, limit, memory) =>
      readPart(path(runId, stepId), offset, limit, memory ?? Buffer.allocUnsafe(limit)),
    size: (runId, stepId) =>
      stat(path(runId, stepId)).then(
        (s) => s.size,
        () => 0,
      ),
  };
}

/** A log that is being written, perhaps begun by another process before. */
class OpenLog {
  private constructor(
    private readonly descriptor: number,
    private readonly file: string,
    private readonly limits: LogLimits,
    private size: number,
    private rest: LogRest | undefined,
  ) {}

  /** In the thread pool: a new file waits for the file system's journal, a hundred times as long as for a few lines. */
  static async open(file: string, limits: LogLimits): Promise<OpenLog> {
    const descriptor = await openToAppend(file);
    const { size } = fstatSync(descriptor);
    return new OpenLog(descriptor, file, limits, size, size === 0 ? undefined : LogRest.find(file, limits));
  }

  /** Somebody has tidied it away. */
  isGone(): boolean {
    if (fstatSync(this.descriptor).nlink > 0) return false;
    closeSync(this.descriptor);
    return true;
  }

  /** Not in the thread pool: a few lines go to the page cache in some µs, and the trip to a thread takes longer. */
  append(bytes: Buffer): void {
    const fits = this.rest === undefined ? this.fitting(bytes) : 0;
    if (fits > 0) this.write(bytes.subarray(0, fits));
    if (fits === bytes.length) return;
    this.rest ??= this.beginRest();
    this.rest.append(bytes.subarray(fits));
  }

  end(): void {
    try {
      if (this.rest === undefined) return;
      this.write(this.rest.kept());
      this.rest.remove();
    } finally {
      closeSync(this.descriptor);
    }
  }

  private beginRest(): LogRest {
    this.write(LogRest.notice(this.limits));
    return LogRest.begin(this.file, this.limits);
  }

  /** How many of these bytes still belong to the head: whole lines. */
  private fitting(bytes: Buffer): number {
    const room = this.limits.headBytes - this.size;
    if (bytes.length <= room) return bytes.length;
    return room <= 0 ? 0 : bytes.lastIndexOf('\n', room - 1) + 1;
  }

  private write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const count = writeSync(this.descriptor, bytes, at);
      at += count;
      this.size += count;
    }
  }
}

function openFile(file: string, flags: string): Promise<number> {
  return new Promise((resolve, reject) => {
    openCallback(file, flags, (error, descriptor) => (error === null ? resolve(descriptor) : reject(error)));
  });
}

async function openToAppend(file: string): Promise<number> {
  try {
    return await openFile(file, 'a');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(dirname(file), { recursive: true });
    return openFile(file, 'a');
  }
}

function safe(id: string): string {
  if (!/^[0-9a-f-]{1,40}$/.test(id)) throw new Error(`"${id}" is no id`);
  return id;
}

async function readPart(file: string, offset: number, limit: number, memory: Buffer): Promise<Buffer> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined; // no line was written yet
    throw error;
  });
  if (handle === undefined) return Buffer.alloc(0);
  try {
    const { bytesRead } = await handle.read(memory, 0, limit, offset);
    return memory.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
