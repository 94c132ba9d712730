import { findProduction } from '../environments/find';
import { isFinalRun } from '../model/states';
import type { EngineParts } from '../parts';
import { findRun } from '../runs/find';
import type { TrafficRole } from './record';
import { ofRole, pointsOf, sumUp, type TrafficPoint } from './series';

/** What the gateway measured while the release of a run was gray: stable and gray over the same time. */
export interface TrafficShown {
  environmentId: string;
  /** The time that the points lie in; both null before anything was measured. */
  from: number | null;
  to: number | null;
  /** Whether the release is gray now, so that more will come. */
  open: boolean;
  releases: ReleaseTraffic[];
}

export interface ReleaseTraffic {
  role: TrafficRole;
  /** Number of the release; of the newest one when it changed meanwhile. */
  release: number;
  points: TrafficPoint[];
  /** Over the whole time. */
  total: TrafficPoint;
}

/**
 * @param points how many at most for each release
 * @returns undefined for a run whose release was never gray
 * @throws GantryError `app-unknown`, `run-unknown`
 */
export async function showTraffic(
  parts: EngineParts,
  appName: string,
  number: number,
  points: number,
): Promise<TrafficShown | undefined> {
  const { app, row } = await findRun(parts, appName, number);
  const environment = await findProduction(parts, app.id);
  const release = row.release_id;
  if (environment === undefined || release === null) return undefined;
  const { gray, lanes } = environment.traffic;
  const open = !isFinalRun(row.state) && gray !== null && lanes[gray] === release;
  const span = await spanOf(parts, environment.id, release, row.created_at);
  if (span === undefined) {
    return open ? { environmentId: environment.id, from: null, to: null, open, releases: [] } : undefined;
  }
  const rows = await parts.store.read
    .selectFrom('traffic_samples')
    .selectAll()
    .where('environment_id', '=', environment.id)
    .where('at', '>=', span.from)
    .where('at', '<=', span.to)
    .orderBy('at')
    .execute();
  const releases: ReleaseTraffic[] = [];
  for (const role of ['stable', 'gray'] as const) {
    const own = ofRole(rows, role);
    const newest = own.at(-1);
    if (newest === undefined) continue;
    releases.push({
      role,
      release: await numberOf(parts, newest.release_id),
      points: pointsOf(own, span.from, span.to, points),
      total: sumUp(own),
    });
  }
  return { environmentId: environment.id, ...span, open, releases };
}

/** When the release was gray in this run. */
async function spanOf(parts: EngineParts, environmentId: string, releaseId: string, after: number) {
  const row = await parts.store.read
    .selectFrom('traffic_samples')
    .select((e) => [e.fn.min('at').as('from'), e.fn.max('at').as('to')])
    .where('environment_id', '=', environmentId as never)
    .where('release_id', '=', releaseId as never)
    .where('role', '=', 'gray')
    .where('at', '>=', after)
    .executeTakeFirst();
  return row?.from == null ? undefined : { from: Number(row.from), to: Number(row.to) };
}

async function numberOf(parts: EngineParts, releaseId: string): Promise<number> {
  const row = await parts.store.read
    .selectFrom('releases')
    .select('number')
    .where('id', '=', releaseId as never)
    .executeTakeFirst();
  return row?.number ?? 0;
}
