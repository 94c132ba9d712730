import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { HISTORY_COMMANDS } from '../../bench/support/simulated';
import type { Command } from './commands/command';
import { invariants } from './invariants/all';
import { shrink } from './shrink';
import { type Finding, openStage, playOne, simulate } from './simulate';

const USAGE = 'usage: simulate --seed N [--histories N] [--commands N] [--replay FILE] [--json] [--whole]';

/**
 * Plays histories from a seed; with `--replay` the commands in a file (a JSON list), again from that seed.
 * @returns the exit status: 0 all invariants held, 1 one did not, 2 wrong use
 */
export async function main(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      seed: { type: 'string' },
      histories: { type: 'string', default: '1' },
      commands: { type: 'string', default: String(HISTORY_COMMANDS) },
      replay: { type: 'string' },
      json: { type: 'boolean', default: false },
      whole: { type: 'boolean', default: false },
    },
  });
  const [seed, histories, commands] = [values.seed, values.histories, values.commands].map(Number);
  if (![seed, histories, commands].every(Number.isSafeInteger)) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const began = performance.now();
  const wanted = { seed: seed ?? 0, histories: histories ?? 1, commands: commands ?? HISTORY_COMMANDS, invariants };
  const outcome = values.replay === undefined ? await simulate(wanted) : await replay(wanted.seed, values.replay);
  const seconds = (performance.now() - began) / 1000;
  const finding = outcome.finding && !values.whole ? await shrunk(outcome.finding) : outcome.finding;
  const told = { ...outcome, invariants: invariants.length, seconds, finding };
  process.stdout.write(values.json ? `${JSON.stringify(told)}\n` : `${inWords(told)}\n`);
  return finding === undefined ? 0 : 1;
}

async function replay(seed: number, file: string) {
  const given = JSON.parse(readFileSync(file, 'utf8')) as Command[];
  const { finding, played, checks, hash } = await playOne(await openStage(), seed, { commands: 0, invariants, given });
  return { histories: 1, commands: played, checks, finding, hash: hash() };
}

async function shrunk(finding: Finding): Promise<Finding> {
  return shrink(await openStage(), finding, invariants);
}

function inWords(told: {
  histories: number;
  commands: number;
  checks: number;
  seconds: number;
  hash?: string;
  finding: Finding | undefined;
}): string {
  const { histories, commands, checks, seconds, hash, finding } = told;
  const lines = [`${histories} histories, ${commands} commands, ${checks} checks in ${seconds.toFixed(1)} s`];
  if (hash !== undefined) lines.push(`journal ${hash}`);
  if (finding !== undefined) {
    lines.push(`seed ${finding.seed} breaks ${finding.invariant}: ${finding.says}`, finding.what);
    lines.push('the commands, for --replay FILE:', '[', finding.commands.map(line).join(',\n'), ']');
  }
  return lines.join('\n');
}

const line = (command: Command): string => `  ${JSON.stringify(command)}`;

/** Exit status of a simulator that itself is broken. */
const BROKEN = 3;

if (require.main === module) {
  main(process.argv.slice(2)).then(
    // Not when nothing is left to do: what a killed process of a history waits for may be minutes away.
    (status) => process.stdout.write('', () => process.exit(status)),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exitCode = BROKEN;
    },
  );
}
