import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MatrixPlace } from '../../../bench/support/faults/matrix/runners';
import { Templates } from '../../../bench/support/faults/matrix/templates';
import type { FleetPlace } from '../../../bench/support/faults/place';
import { bareRedis } from '../../../bench/support/faults/redis';
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

export interface MatrixScene {
  place: MatrixPlace;
  /** Houses in which everything has happened that comes before a point of the matrix. */
  templates: Templates;
  remove(): Promise<void>;
}

/** The same with a Redis of its own, for what the kill matrix plays. */
export async function matrixScene(): Promise<MatrixScene> {
  const { remove, ...made } = faultPlace();
  const place = { ...made, redisUrl: await bareRedis(made) };
  return { place, templates: new Templates(place), remove };
}
