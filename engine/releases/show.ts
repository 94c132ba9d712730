import { findApp } from '../apps/find';
import { listEnvironments } from '../environments/find';
import type { ReleaseState } from '../model/states';
import type { EngineParts } from '../parts';
import { findReleaseNumber, listReleases, type Release } from './find';
import type { ReleaseRecord } from './record';

export interface ReleaseShown {
  number: number;
  hash: string;
  id: string;
  state: ReleaseState;
  createdAt: number;
  /** Number of the run that made it. */
  run: number;
  commit: string;
  record: ReleaseRecord;
  /** Where it serves now, and as what. */
  roles: { environment: string; role: 'stable' | 'gray' | 'warm' }[];
}

/** Newest first. @throws GantryError `app-unknown`. */
export async function showReleases(parts: EngineParts, appName: string): Promise<ReleaseShown[]> {
  const app = await findApp(parts, appName);
  return show(parts, app.id, await listReleases(parts, app));
}

/** @throws GantryError `app-unknown`, `release-unknown`. */
export async function showRelease(parts: EngineParts, appName: string, number: number): Promise<ReleaseShown> {
  const app = await findApp(parts, appName);
  const [shown] = await show(parts, app.id, [await findReleaseNumber(parts, app, number)]);
  return shown as ReleaseShown;
}

async function show(parts: EngineParts, appId: string, releases: readonly Release[]): Promise<ReleaseShown[]> {
  if (releases.length === 0) return [];
  const environments = await listEnvironments(parts, appId);
  const runs = await parts.store.read
    .selectFrom('runs')
    .select(['id', 'number'])
    .where('id', 'in', releases.map((r) => r.runId) as never[])
    .execute();
  return releases.map((release) => ({
    number: release.number,
    hash: release.hash,
    id: release.id,
    state: release.state,
    createdAt: release.createdAt,
    run: runs.find((r) => r.id === release.runId)?.number ?? 0,
    commit: release.record.commit,
    record: release.record,
    roles: environments.flatMap(({ name, traffic }) =>
      (['stable', 'gray', 'warm'] as const)
        .filter((role) => {
          const lane = traffic[role];
          return lane !== null && traffic.lanes[lane] === release.id;
        })
        .map((role) => ({ environment: name, role })),
    ),
  }));
}
