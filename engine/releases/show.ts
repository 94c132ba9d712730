import { findApp } from '../apps/find';
import { type Archive, listArchives } from '../archives/find';
import { listEnvironments } from '../environments/find';
import type { ArchiveState, ReleaseState } from '../model/states';
import type { EngineParts } from '../parts';
import { laneOf } from '../rollout/traffic';
import { findReleaseNumber, listReleases, type Release } from './find';
import { imageOfStage, productionStage, type ReleaseRecord } from './record';

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
  /** Whether production's image would outlive its host. */
  image: ImageShown;
}

export interface ImageShown {
  /** `not yet`: it serves, and its bytes are still to be taken; `not kept`: it never served, or long ago. */
  state: Exclude<ArchiveState, 'keeping'> | 'not yet' | 'not kept';
  reason: string;
  /** Of the whole archive in bytes, layers that other images share included; 0 until it was kept once. */
  size: number;
  keptAt: number | null;
  /** When every blob was last seen to be what it was. */
  checkedAt: number | null;
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
  const archives = new Map((await listArchives(parts.store.read)).map((archive) => [archive.imageId, archive]));
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
    image: showImage(
      archives.get(imageOfStage(release.record, productionStage(release.record)) ?? ''),
      environments.some(({ role, traffic }) => role === 'production' && laneOf(traffic, release.id) !== undefined),
    ),
  }));
}

function showImage(archive: Archive | undefined, serves: boolean): ImageShown {
  const { state, reason, size, keptAt, checkedAt } = archive ?? NO_ARCHIVE;
  if (state === 'kept' || state === 'failed' || state === 'damaged') return { state, reason, size, keptAt, checkedAt };
  return { state: state === 'keeping' || serves ? 'not yet' : 'not kept', reason, size, keptAt, checkedAt };
}

const NO_ARCHIVE = { state: undefined, reason: '', size: 0, keptAt: null, checkedAt: null };
