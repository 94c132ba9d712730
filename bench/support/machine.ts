import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 2_000;

/**
 * What the machine does while the bench does nothing yet. A busy one makes every time longer, and whoever reads the
 * figures must know.
 */
export async function machineLine(): Promise<string> {
  const before = processorTimes();
  await pause(LOOK_MS);
  const after = processorTimes();
  const busy = 100 * (1 - (after.idle - before.idle) / Math.max(1, after.all - before.all));
  return `machine: ${availableParallelism()} cores, ${busy.toFixed(0)} % busy with other things before this bench began`;
}

/** In clock ticks, of all cores together. */
function processorTimes(): { idle: number; all: number } {
  const [, ...fields] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/);
  const times = fields.slice(0, 8).map(Number);
  return { idle: (times[3] ?? 0) + (times[4] ?? 0), all: times.reduce((sum, time) => sum + time, 0) };
}
