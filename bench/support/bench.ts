import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliSettings, cliSettings } from '../../settings';
import { Cleanup } from './cleanup';
import { type Figure, figureDocument, figureLines, isReached } from './figures';
import { machineLine } from './machine';

/** What a bench works with. */
export interface Workshop {
  settings: CliSettings;
  /** A throwaway folder, removed at the end. */
  folder: string;
  /** Removed at the end, newest first. */
  cleanup: Cleanup;
  /** A line for people; with `--json` it goes to standard error. */
  say: (line: string) => void;
}

/**
 * Runs a bench from its command line to its exit status: 0 all targets were reached, 1 one was missed or the bench
 * failed, 2 wrong use. Whatever happens, everything that was made is removed first.
 */
export async function runBench(name: string, measure: (shop: Workshop) => Promise<Figure[]>): Promise<void> {
  const words = process.argv.slice(2);
  const json = words.includes('--json');
  if (words.some((word) => word !== '--json')) {
    process.stderr.write(`usage: gantry bench ${name} [--json]\n`);
    process.exitCode = 2;
    return;
  }
  const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  const cleanup = new Cleanup(say);
  try {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
    cleanup.later(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
    say(await machineLine());
    const figures = await measure({ settings: cliSettings(), folder, cleanup, say });
    await clear(cleanup);
    for (const line of ['', ...figureLines(figures)]) say(line);
    if (json) process.stdout.write(`${figureDocument(name, figures)}\n`);
    process.exitCode = figures.every(isReached) ? 0 : 1;
  } catch (error) {
    const failures = await cleanup.run();
    for (const line of [error instanceof Error ? error.message : String(error), ...failures]) {
      process.stderr.write(`gantry bench ${name}: ${line}\n`);
    }
    process.exitCode = 1;
  }
}

/** What stays behind is a failure of the bench, whatever the figures are. */
async function clear(cleanup: Cleanup): Promise<void> {
  const failures = await cleanup.run();
  if (failures.length > 0) throw new Error(failures.join('; '));
}
