import type { Command } from '../command';
import { duration } from '../format/time';
import { upgradeHouse } from '../house/upgrade';

const WITHIN_S = 60;
const WITHIN_MAX_S = 3_600;

export const upgrade: Command = {
  name: 'upgrade',
  summary: 'replaces the Gantry of this folder by the one that is here; apps serve all the while',
  arguments: [],
  options: {
    within: {
      value: 'SECONDS',
      help: `how long steps that run may take to end (${WITHIN_S}); then they are given back`,
    },
  },
  details:
    'Update the checkout first (git pull); what runs is a copy and does not notice. Then: no new step begins, pushes are ' +
    'still accepted; web and runner end; the records are copied to backups/ in the data folder; the schema is brought up to ' +
    'date in one transaction; the new web and runner start on the same ports, and runs go on where they were. When ' +
    'anything of that fails, the copy is put back and the old version is started again. Runners of gantry runner end, too, ' +
    'and are named: they are to be started again.',
  examples: ['git pull && gantry upgrade', 'gantry upgrade --within 600'],
  async run(input, context) {
    const withinMs = input.count('within', WITHIN_S, WITHIN_MAX_S) * 1_000;
    const { out } = context;
    const done = await upgradeHouse(context, withinMs, (line) => out.line(line));
    if (done.backup === undefined) return { json: done, text: `Gantry ${done.to} runs already.` };
    const away = done.awayMs === undefined ? 'start it: ./gantry up' : `web was away for ${duration(done.awayMs)}`;
    return { json: done, text: `Gantry ${done.to}, schema ${done.schema}: ${away}` };
  },
};
