import { passOf } from '../api/passes';
import type { List, ReaperReport, RetentionPass } from '../api/types';
import type { Command } from '../command';
import { failure } from '../errors';
import { oneLine } from '../format/house';
import { size } from '../format/size';
import { table } from '../format/table';
import type { Output } from '../output';

/** Things that are shown by name; the others are counted. */
const SHOWN = 20;

export const prune: Command = {
  name: 'prune',
  summary: 'removes what is over for long enough: runs, logs, artifacts, images, caches',
  arguments: [],
  options: {
    'dry-run': { help: 'only shows what would go, how much, and why' },
    yes: { short: 'y', help: 'does not ask' },
  },
  details:
    'A runner does the same by itself every hour. How long what stays is set by the operator (docs/retention.md). What ' +
    'serves, what can be gone back to, what an undo needs and what a run that has not ended names is never removed, nor ' +
    'the audit.',
  examples: ['gantry prune --dry-run', 'gantry prune --yes --json'],
  async run(input, { api, out, confirm, now }) {
    if (input.flag('dry-run') || !input.flag('yes')) {
      out.progress('looking …');
      const look = await passOf(api, 'look', now);
      const { items: reaper } = await api.get<List<ReaperReport>>('/retention/reaper');
      const text = passText(out, look, reaper);
      if (input.flag('dry-run')) return { json: { ...look, reaper }, text };
      if (Object.keys(look.report.removed).length === 0) return { json: look, text };
      out.line(text);
      if (!(await confirm('Remove this?'))) {
        throw failure('not-confirmed', 'nothing was removed, since nobody said yes', 'or say it now: --yes');
      }
    }
    out.progress('removing …');
    const done = await passOf(api, 'prune', now);
    return { json: done, text: passText(out, done, []) };
  },
};

/** What went or would go, why what is old stays, and what people have to look at. */
function passText(out: Output, { kind, report }: RetentionPass, reaper: readonly ReaperReport[]): string {
  const removed = Object.entries(report.removed);
  const bytes = removed.reduce((sum, [, one]) => sum + one.bytes, 0);
  const verb = kind === 'look' ? 'Would remove' : 'Removed';
  const rows = removed.map(([name, one]) => [name, String(one.count), one.bytes === 0 ? '' : size(one.bytes)]);
  const named = report.items.slice(0, SHOWN);
  const count = removed.reduce((sum, [, one]) => sum + one.count, 0);
  const items = named.map((item) => [item.kind, oneLine(item.name, 60), item.why]);
  const stays = report.stays.map((stay) => [stay.kind, String(stay.count), stay.why]);
  const left = report.left.map((one) => [one.kind, one.name, oneLine(one.why, 200)]);
  const doubtful = reaper.flatMap((one) => [...one.doubtful, ...one.left].map((it) => [it.kind, it.name, it.why]));
  return [
    removed.length === 0 ? 'Nothing is over for long enough.' : out.paint('bold', `${verb} (${size(bytes)})`),
    table(['WHAT', 'COUNT', 'BYTES'], rows),
    table(['FOR EXAMPLE', 'NAME', 'WHY'], items),
    count > named.length && named.length > 0 ? `… and ${count - named.length} more` : '',
    table(['STAYS THOUGH OLD', 'COUNT', 'WHY'], stays),
    table([out.paint('red', 'COULD NOT GO'), 'NAME', 'WHY'], left),
    table([out.paint('yellow', 'LOOK AT'), 'NAME', 'WHY IT IS NOT REMOVED'], doubtful),
  ]
    .filter(Boolean)
    .join('\n\n');
}
