import { sql } from 'kysely';
import type { EngineParts } from '../parts';

/** What there is, counted now: for metrics. */
export interface Counts {
  runs: Record<string, number>;
  steps: Record<string, number>;
  deliveries: Record<string, number>;
  instances: Record<string, number>;
  /** Every change of traffic that was ever decided. */
  switches: number;
}

export async function countAll(parts: EngineParts): Promise<Counts> {
  const { read } = parts.store;
  const [runs, steps, deliveries, instances, switches] = await Promise.all([
    sql<Group>`select state as name, count(*) as n from runs group by state`.execute(read),
    sql<Group>`select state as name, count(*) as n from steps group by state`.execute(read),
    sql<Group>`select outcome as name, count(*) as n from deliveries group by outcome`.execute(read),
    sql<Group>`select state as name, count(*) as n from instances where state != 'gone' group by state`.execute(read),
    sql<{ n: number | null }>`select sum(version) as n from environments`.execute(read),
  ]);
  return {
    runs: toRecord(runs.rows),
    steps: toRecord(steps.rows),
    deliveries: toRecord(deliveries.rows),
    instances: toRecord(instances.rows),
    switches: Number(switches.rows[0]?.n ?? 0),
  };
}

interface Group {
  name: string;
  n: number;
}

const toRecord = (rows: readonly Group[]): Record<string, number> =>
  Object.fromEntries(rows.map((row) => [row.name, Number(row.n)]));
