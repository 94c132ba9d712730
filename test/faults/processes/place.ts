import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FleetPlace } from '../../../bench/support/faults/place';
import { checkoutFolder } from '../../../settings';

/** A place for real processes, and what ends and removes everything that was made in it. */
export function faultPlace(): FleetPlace & { remove(): Promise<void> } {
  const acts: (() => Promise<void> | void)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'gantry-test-'));
  return {
    folder,
    root: checkoutFolder(),
    environment: process.env,
    later: (act) => void acts.push(act),
    remove: async () => {
      for (const act of acts.reverse()) await act();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
