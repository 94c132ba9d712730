import { setTimeout as pause } from 'node:timers/promises';
import type { Killable } from './killable';

/**
 * Kills one of them at random, starts it again after a moment, and goes on, until told to stop. At most one of these is
 * down at a time.
 */
export async function killAtRandom(
  processes: readonly Killable[],
  pace: { everyMs: number; downMs: number },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(Math.random() * 2 * pace.everyMs);
    const victim = processes[Math.floor(Math.random() * processes.length)] as Killable;
    await victim.kill();
    await pause(Math.random() * 2 * pace.downMs);
    await victim.start();
  }
}
