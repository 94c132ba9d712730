import { appendFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../errors';
import { makeFolder, PRIVATE_FILE } from './files';

/** A full log moves aside; the one that was aside before is forgotten. So each log has two files of this size at most. */
export const LOG_MAX_BYTES = 10 * 1024 * 1024;

/** A log of lines that stops growing. */
export class LogFile {
  private size: number;

  constructor(
    readonly file: string,
    private readonly maxBytes = LOG_MAX_BYTES,
  ) {
    makeFolder(dirname(file));
    this.size = sizeOf(file);
  }

  add(line: string): void {
    const text = `${line}\n`;
    const bytes = Buffer.byteLength(text);
    if (this.size > 0 && this.size + bytes > this.maxBytes) {
      renameSync(this.file, `${this.file}.1`);
      this.size = 0;
    }
    appendFileSync(this.file, text, { mode: PRIVATE_FILE });
    this.size += bytes;
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}
