import { recordAudit } from '../audit/record';
import type { EngineParts } from '../parts';

/** Something that people have to look at, since the reaper never removes it by itself. */
export interface Doubtful {
  kind: string;
  name: string;
  why: string;
}

export interface ReaperReport {
  cluster: string;
  /** When the reaper looked and found this for the first time, ms UTC. */
  at: number;
  /** Left to people. */
  doubtful: Doubtful[];
  /** Orphans that could not be removed. */
  left: Doubtful[];
}

/** Remembers what the reaper left; the same again is no write. */
export async function noteReaped(
  parts: EngineParts,
  cluster: string,
  seen: Pick<ReaperReport, 'doubtful' | 'left'>,
): Promise<void> {
  const before = (await reaperReports(parts)).find((report) => report.cluster === cluster);
  const same = (one: Pick<ReaperReport, 'doubtful' | 'left'>) => JSON.stringify([one.doubtful, one.left]);
  if (same(before ?? { doubtful: [], left: [] }) === same(seen)) return;
  const report = JSON.stringify({ cluster, at: parts.clock.now(), ...seen } satisfies ReaperReport);
  await parts.store.write((tx) =>
    tx
      .insertInto('reaper_reports')
      .values({ cluster, report })
      .onConflict((c) => c.column('cluster').doUpdateSet({ report }))
      .execute(),
  );
}

/** What the reaper of each cluster left; nothing of one that never left anything. */
export async function reaperReports({ store }: Pick<EngineParts, 'store'>): Promise<ReaperReport[]> {
  const rows = await store.read.selectFrom('reaper_reports').select('report').orderBy('cluster').execute();
  return rows.map(({ report }) => JSON.parse(report) as ReaperReport);
}

/** Writes down what is about to be removed, and why: whoever is cut off afterwards has told it. */
export async function recordReaping(parts: EngineParts, cluster: string, orphans: readonly Doubtful[]): Promise<void> {
  await parts.store.write((tx) =>
    recordAudit(parts, tx, {
      chain: 'system',
      actor: 'rule:reaper',
      action: 'world.reap',
      object: cluster,
      detail: { removed: orphans.map(({ kind, name, why }) => ({ kind, name, why })) },
    }),
  );
}
