import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { skipBecause } from '../../support/skips';

/** A disk of a test's own, so small that it can be filled. */
export interface SmallDisk {
  folder: string;
  /** Leaves so many bytes free. */
  fill(leaveBytes?: number): void;
  makeRoom(): void;
  remove(): void;
}

const PIECE = Buffer.alloc(4_096);

/** Skips the test where this user may not mount. */
export function smallDisk(context: Context, megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-test-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    rmSync(folder, { recursive: true });
    skipBecause(context, 'needs the right to mount a tmpfs: run it as root');
  }
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: (leaveBytes = 0) => {
      const file = openSync(filler, 'w');
      let written = 0;
      try {
        for (;;) written += writeSync(file, PIECE);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
      if (leaveBytes > 0) execFileSync('truncate', ['-s', String(Math.max(0, written - leaveBytes)), filler]);
    },
    makeRoom: () => rmSync(filler, { force: true }),
    remove: () => {
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
