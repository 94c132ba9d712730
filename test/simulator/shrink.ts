import type { Command } from './commands/command';
import { type Finding, playOne, type Stage } from './simulate';
import type { Invariant } from './simulation';

/** Histories that are played to find a shorter one. */
const TRIES_MAX = 400;

/** Leaves out commands as long as the same invariant still breaks: first many at once, then one by one. */
export async function shrink(stage: Stage, found: Finding, invariants: readonly Invariant[]): Promise<Finding> {
  let best = found;
  let tries = 0;
  for (let size = Math.ceil(best.commands.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = best.commands.length - size; from > -size && tries < TRIES_MAX; from -= size) {
      tries += 1;
      const given = without(best.commands, Math.max(0, from), Math.min(size, size + from));
      const { finding } = await playOne(stage, found.seed, { commands: 0, invariants, given });
      if (finding?.invariant === found.invariant && finding.commands.length < best.commands.length) best = finding;
    }
  }
  return best;
}

const without = (commands: readonly Command[], from: number, count: number): Command[] =>
  commands.filter((_, index) => index < from || index >= from + count);
