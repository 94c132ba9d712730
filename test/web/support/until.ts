import { setTimeout as wait } from 'node:timers/promises';

/** Waits until it is so; mocha's own time limit is the deadline. */
export async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await wait(5);
}
