import { resolve } from 'node:path';
import type { CliSettings } from '../../settings';
import type { Command, Context, Outcome } from '../command';
import { failure, usageError } from '../errors';
import { demandStopped } from '../house/stopped';
import { upkeep } from '../house/upkeep';
import type { Input } from '../input';
import { harmless, type Output } from '../output';

interface Found {
  held: string | null;
  differences: { about: string; says: string; dangerous: boolean }[];
}

interface Restored extends Found {
  version: string;
  schema: number;
  madeAt: number;
  aside: string | null;
  bytes: { listed: number; copied: number; missing: string[] };
  repositories: number;
}

export const restore: Command = {
  name: 'restore',
  summary: 'puts the records of a backup in place; nothing acts on them until they are confirmed',
  arguments: [{ name: 'FILE', help: 'what "gantry backup" wrote', optional: true }],
  options: {
    'with-bytes': { value: 'FOLDER', help: 'brings missing artifacts, kept images, repositories and logs from there' },
    replace: { help: 'moves the records that are there aside (aside/ in the data folder)' },
    confirm: { help: 'without FILE: compares records and world once more, then lets Gantry act again' },
    yes: { short: 'y', help: 'with --confirm: does not ask' },
  },
  details:
    'Refused while Gantry runs. Afterwards the records are compared with containers and gateway, and each difference is ' +
    'told. Gantry may then be started: it shows everything and accepts pushes, but takes no step, switches no traffic and ' +
    'removes nothing until "gantry restore --confirm". From then on the records count: the gateway follows them, even ' +
    'where it had gone on since the backup.',
  examples: ['gantry restore /backup/gantry-1.db --replace', 'gantry restore --confirm'],
  async run(input, context) {
    const file = input.optional('FILE');
    if (input.flag('confirm') !== (file === undefined)) {
      throw usageError('name either a FILE to restore, or --confirm', 'see gantry help restore');
    }
    return file === undefined ? confirmRestore(input, context) : restoreFile(file, input, context);
  },
};

async function restoreFile(file: string, input: Input, { settings, folder, out }: Context): Promise<Outcome> {
  demandStopped(settings.home, 'a restore');
  const bytes = input.option('with-bytes');
  const words = [
    ...(bytes === undefined ? [] : ['--bytes', resolve(folder, bytes)]),
    ...(input.flag('replace') ? ['--replace'] : []),
  ];
  const done = await upkeep<Restored>(settings, ['restore', resolve(folder, file), ...words]);
  const lines = [
    `restored the records of ${new Date(done.madeAt).toISOString()}, made by Gantry ${done.version}`,
    ...(done.aside === null ? [] : [`what was there before lies in ${done.aside}`]),
    bytesLine(done),
    ...differenceLines(out, done),
    'The key of its secrets was not in the backup: gantry doctor says whether the one here is right',
    'Nothing is switched, begun or removed by itself until you say: ./gantry restore --confirm',
  ];
  return { json: done, text: lines.join('\n') };
}

function bytesLine({ bytes, repositories }: Restored): string {
  const { listed, copied, missing } = bytes;
  const brought = `${listed} artifacts belong to them, ${copied} were copied, ${repositories} repositories came back`;
  if (missing.length === 0) return brought;
  return `${brought}; ${missing.length} artifacts are nowhere, so that their releases cannot be started again: ${missing.join(' ')}`;
}

async function confirmRestore(input: Input, { settings, out, confirm }: Context): Promise<Outcome> {
  const found = await upkeep<Found>(settings, ['look']);
  if (found.held === null) throw failure('nothing-to-confirm', 'these records wait for nobody', 'go on: ./gantry up');
  for (const line of differenceLines(out, found)) out.line(line);
  if (!input.flag('yes') && !(await confirm('Shall the records count from now on?'))) {
    throw failure('not-confirmed', 'nothing was changed, since nobody said yes', 'or say it now: --yes');
  }
  const done = await upkeep<Found>(settings, ['confirm', '--actor', actorOf(settings)]);
  return { json: done, text: 'confirmed: the records count from now on' };
}

const actorOf = ({ environment }: CliSettings): string => environment.USER ?? environment.LOGNAME ?? 'operator';

function differenceLines(out: Output, { differences }: Found): string[] {
  if (differences.length === 0) return ['records and world say the same'];
  return [
    `records and world differ in ${differences.length} points:`,
    ...differences.map(({ says, dangerous }) =>
      dangerous
        ? `  ${out.paint('red', 'danger')}  ${harmless(says)}: its visitors would meet nothing`
        : `          ${harmless(says)}`,
    ),
  ];
}
