import { measureRetention } from '../../engine/retention/measure';
import { type ReaperReport, reaperReports } from '../../engine/retention/reaper-report';
import { fileLogFolders } from '../../engine/store/log-folders';
import { migrations } from '../../engine/store/migrations';
import type { DatabasePlace } from '../../engine/store/open';
import { type Store, schemaOf, sizeOf } from '../../engine/store/store';
import type { Check } from '../check';
import { bytesOf, logsOf, STORES } from './data';

/** How much is kept, when retention was last at work, and what it leaves to people. */
export async function retentionChecks(place: DatabasePlace, store: Store): Promise<Check[]> {
  // An older Gantry's records, before the upgrade: they know nothing of retention.
  if ((await schemaOf(store.read)) < migrations.length) return [];
  const { lastPrune, waiting } = await measureRetention({ store });
  const last =
    lastPrune === undefined ? 'never pruned yet' : `pruned ${new Date(lastPrune.endedAt ?? 0).toISOString()}`;
  const waits = waiting === 0 ? '' : `, ${waiting} wait for a runner`;
  const failed = lastPrune?.state === 'failed';
  const sizes: Check = {
    name: 'retention',
    state: failed ? 'warn' : 'ok',
    found: `${await sizesIn(place, store)}; ${last}${failed ? `, not to its end: ${lastPrune.reason}` : ''}${waits}`,
    why: 'what is over must not fill the disk',
    mend: failed ? 'mend that; what would go: gantry prune --dry-run' : '',
  };
  return [sizes, ...(await reaperReports({ store })).flatMap(reaperCheck)];
}

async function sizesIn({ home }: DatabasePlace, store: Store): Promise<string> {
  const sizes: [string, number][] = [['records', await sizeOf(store.read)]];
  for (const name of STORES) sizes.push([name, await totalOf(bytesOf(home, name).list())]);
  sizes.push(['logs', await totalOf(fileLogFolders(logsOf(home)).list())]);
  return sizes.map(([name, bytes]) => `${name} ${(bytes / 1_048_576).toFixed(1)} MiB`).join(', ');
}

async function totalOf(items: AsyncIterable<{ size: number }>): Promise<number> {
  let total = 0;
  for await (const { size } of items) total += size;
  return total;
}

function reaperCheck({ cluster, doubtful, left }: ReaperReport): Check[] {
  const [first, ...others] = [...doubtful, ...left];
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const found = `${first.kind} ${first.name}: ${first.why}${more}`;
  const mend = `look at it, then remove it by hand: docker rm -f ${first.name}; all: gantry prune --dry-run`;
  return [
    {
      name: `reaper-${cluster}`,
      state: 'warn',
      found,
      why: 'it carries our label, and nothing here leads to it',
      mend,
    },
  ];
}
