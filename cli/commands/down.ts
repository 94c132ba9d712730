import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Context } from '../command';
import { EXIT, failure, usageError } from '../errors';
import { deleteData, hasDataFolder, type Removal, removeFromDocker } from '../house/purge';
import { type Stopped, stopHouse } from '../house/stop';
import type { Input } from '../input';

export const down: Command = {
  name: 'down',
  summary: 'stops what this folder started; apps keep serving',
  arguments: [],
  options: {
    apps: { help: 'stops the apps and their gateway, too' },
    purge: { help: 'removes containers, images, networks, volumes and all data of this folder' },
    'keep-bases': { help: 'with --purge: keeps the base images, which take minutes to build' },
    yes: { short: 'y', help: 'with --purge: does not ask' },
  },
  details:
    'A process is ended only if it is the very one that was started here (by its start time, not by its number alone). ' +
    '--purge lists what it removed, and what it left and why.',
  examples: ['gantry down', 'gantry down --purge --yes'],
  async run(input, context) {
    checkFlags(input);
    const { settings, out } = context;
    const purge = input.flag('purge');
    const data = purge && hasDataFolder(settings);
    if (purge && !input.flag('yes') && !(await context.confirm(questionOf(settings.home)))) {
      throw failure('not-confirmed', 'nothing was stopped or removed, since nobody said yes', 'or say it now: --yes');
    }
    const stopped = await stopHouse(settings.home, (line) => out.progress(line));
    for (const line of stopped.map(stoppedLine)) out.line(line);
    const survivors = stopped.filter(({ how }) => how === 'still runs');
    if (survivors.length > 0)
      throw failure('still-runs', survivors.map(stoppedLine).join(', '), 'look at the machine: ps');
    const removals = await removeThings(input, context);
    if (data) deleteData(settings.home);
    if (data) out.line(`removed data folder ${settings.home}`);
    const nothing = stopped.length + removals.length === 0 && !data;
    const json = { stopped, removals, data: data ? { removed: settings.home } : null };
    return { json, text: nothing ? 'Nothing of this folder was running.' : '', exit: EXIT.ok };
  },
};

function checkFlags(input: Input): void {
  if (input.flag('keep-bases') && !input.flag('purge')) throw usageError('--keep-bases goes with --purge');
}

const questionOf = (home: string): string =>
  `Remove all containers, images, networks and volumes of this Gantry, and its data in ${home}?`;

const stoppedLine = ({ name, pid, how }: Stopped): string => `${name} (process ${pid}) ${how}`;

async function removeThings(input: Input, { settings, out }: Context): Promise<Removal[]> {
  if (!input.flag('purge') && !input.flag('apps')) return [];
  // Without a database there is no installation, so nothing of it can be in Docker.
  if (settings.databaseUrl === undefined && !existsSync(join(settings.home, 'gantry.db'))) return [];
  const args = input.flag('purge') ? ['--purge', ...(input.flag('keep-bases') ? ['--keep-bases'] : [])] : ['--apps'];
  return removeFromDocker(settings, args, ({ kind, name, left }) => {
    out.line(left === undefined ? `removed ${kind} ${name}` : `left ${kind} ${name}: ${left}`);
  });
}
