import { existsSync, readdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CliSettings } from '../../settings';
import { failure } from '../errors';
import { mainProgram, runMain } from '../processes/mains';
import { readMemory } from './memory';

/** One line of what the runner's `remove` tells. */
export interface Removal {
  /** `container`, `image`, `network`, `volume`. */
  kind: string;
  name: string;
  /** Why it was left; absent when it was removed. */
  left?: string;
}

/** Images take their time, and there may be many. */
const LIMIT_MS = 10 * 60_000;

/**
 * Has a runner remove what this installation made in Docker.
 *
 * @throws CommandError when that failed: then the data folder must stay, since only it knows what else there is
 */
export async function removeFromDocker(
  settings: CliSettings,
  args: readonly string[],
  onRemoval: (removal: Removal) => void,
): Promise<Removal[]> {
  const { usedDocker, gateway } = readMemory(settings.home);
  if (!usedDocker) return [];
  const removals: Removal[] = [];
  const answered = await runMain(
    mainProgram(settings, 'runners', ['remove', ...args], gateway === undefined ? {} : { GANTRY_GATEWAY: gateway }),
    (line) => {
      const removal = removalIn(line);
      if (removal === undefined) return;
      removals.push(removal);
      onRemoval(removal);
    },
    LIMIT_MS,
  );
  if (answered.status === 0) return removals;
  const reason = answered.stderr.trim().split('\n').slice(-3).join('\n  ');
  throw failure(
    'remove-failed',
    `not everything could be removed from Docker, so the data folder ${settings.home} was kept:\n  ${reason}`,
    'mend it, then run the same command again',
  );
}

function removalIn(line: string): Removal | undefined {
  try {
    const value = JSON.parse(line) as Partial<Removal>;
    if (typeof value.name !== 'string' || typeof value.kind !== 'string') return undefined;
    return { kind: value.kind, name: value.name, ...(value.left === undefined ? {} : { left: value.left }) };
  } catch {
    // A remark, not a removal.
    return undefined;
  }
}

/** Anything that one of Gantry's mains made; a folder without it is not ours to delete. */
const MARKS = ['gantry.db', 'run', 'client.json', 'log'];

/** True when there is a data folder. @throws CommandError when the folder is not one. */
export function hasDataFolder({ home, root }: CliSettings): boolean {
  if (!existsSync(home) || readdirSync(home).length === 0) return false;
  const precious = ['/', homedir(), root].map((folder) => resolve(folder));
  if (precious.includes(resolve(home)) || !MARKS.some((mark) => existsSync(join(home, mark)))) {
    throw failure(
      'not-data',
      `${home} does not look like a data folder of Gantry`,
      'check GANTRY_HOME; nothing was deleted',
    );
  }
  return true;
}

/** Deletes the data folder. */
export function deleteData(home: string): void {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
