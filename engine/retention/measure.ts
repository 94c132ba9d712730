import type { EngineParts } from '../parts';
import { lastPrune, type Pass } from './passes';
import { reaperReports } from './reaper-report';

/** What is kept now, what the last prune did, and what waits for people: for metrics and the doctor. */
export interface Measured {
  /** Bytes by what they are of. */
  stored: { artifacts: number; images: number };
  /** Undefined before the first one. */
  lastPrune: Pass | undefined;
  /** Passes that somebody asked for and no runner has ended. */
  waiting: number;
  /** Things without a record that are never removed by themselves, or could not be. */
  doubtful: number;
}

export async function measureRetention(parts: Pick<EngineParts, 'store'>): Promise<Measured> {
  const { read } = parts.store;
  const sizeOf = async (table: 'artifacts' | 'image_archives'): Promise<number> => {
    const row = await read
      .selectFrom(table)
      .select((e) => e.fn.sum('size').as('bytes'))
      .executeTakeFirst();
    return Number(row?.bytes ?? 0);
  };
  const [artifacts, images, last, open, reports] = await Promise.all([
    sizeOf('artifacts'),
    sizeOf('image_archives'),
    lastPrune(parts),
    read.selectFrom('retention_passes').select('id').where('ended_at', 'is', null).execute(),
    reaperReports(parts),
  ]);
  const doubtful = reports.reduce((sum, report) => sum + report.doubtful.length + report.left.length, 0);
  return { stored: { artifacts, images }, lastPrune: last, waiting: open.length, doubtful };
}
