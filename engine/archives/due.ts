import { sql } from 'kysely';
import { awaitedReleases } from '../environments/awaited';
import { listEnvironments } from '../environments/find';
import type { EngineParts } from '../parts';
import { type Release, toRelease } from '../releases/find';
import { imageOfStage, productionStage } from '../releases/record';
import type { Reader } from '../store/store';
import type { Tables } from '../store/tables';
import { releasesToKeep } from './retention';

/** Each blob is hashed again this often. */
export const CHECK_MS = 24 * 3_600_000;

export interface ImageToKeep {
  imageId: string;
  appId: Tables['apps']['id'];
  app: string;
  /** Number of the release that wants it. */
  release: number;
}

export interface ArchivesDue {
  keep: ImageToKeep[];
  /** Image IDs whose blobs are to be hashed again. */
  check: string[];
  /** Image IDs that no release needs any more. */
  drop: string[];
}

/** Compares the archives that there are with those that the releases in a cluster's productions need. */
export async function archivesDue(parts: EngineParts, cluster: string, predecessors: number): Promise<ArchivesDue> {
  const now = parts.clock.now();
  const wanted = await wantedImages(parts, cluster, predecessors);
  const rows = await parts.store.read.selectFrom('image_archives').selectAll().execute();
  const known = new Map(rows.map((row) => [row.image_id, row]));
  const isDue = (row: Tables['image_archives'] | undefined): boolean =>
    row === undefined || (row.state !== 'kept' && row.not_before <= now);
  return {
    keep: [...wanted.values()].filter(({ imageId }) => isDue(known.get(imageId))),
    check: rows.filter((r) => r.state === 'kept' && (r.checked_at ?? 0) <= now - CHECK_MS).map((r) => r.image_id),
    drop: [...known.keys()].filter((imageId) => !wanted.has(imageId)),
  };
}

async function wantedImages(
  parts: EngineParts,
  cluster: string,
  predecessors: number,
): Promise<Map<string, ImageToKeep>> {
  const wanted = new Map<string, ImageToKeep>();
  const promoted = await promotedReleases(parts.store.read);
  for (const environment of await listEnvironments(parts)) {
    if (environment.role !== 'production' || environment.cluster !== cluster) continue;
    const before = promoted.filter((release) => release.appId === environment.appId).map(({ id }) => id);
    const ids = new Set(releasesToKeep(environment.traffic, before, predecessors));
    for (const id of await awaitedReleases(parts.store.read, environment.appId)) ids.add(id);
    for (const { number, record } of await releasesOf(parts.store.read, [...ids])) {
      const imageId = imageOfStage(record, productionStage(record));
      if (imageId === null || wanted.has(imageId)) continue;
      wanted.set(imageId, { imageId, appId: environment.appId, app: environment.app, release: number });
    }
  }
  return wanted;
}

/** Releases that were made stable by their own run or by a rollback, the last one first. */
export async function promotedReleases(db: Reader, appId?: string): Promise<{ id: string; appId: string }[]> {
  let query = db
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .innerJoin('releases', 'releases.id', 'runs.release_id')
    .select(['releases.id', 'releases.app_id'])
    // Literal, so that the index of exactly these rows is used.
    .where(sql<boolean>`steps.kind = 'promote' and steps.state = 'succeeded'`)
    .where((e) => e.or([e('steps.verb', '=', 'run'), e('runs.trigger', '=', 'rollback')]))
    .where('releases.state', '!=', 'withdrawn')
    .groupBy(['releases.id', 'releases.app_id'])
    .orderBy((e) => e.fn.max('steps.ended_at'), 'desc');
  if (appId !== undefined) query = query.where('steps.app_id', '=', appId as never);
  return (await query.execute()).map(({ id, app_id }) => ({ id, appId: app_id }));
}

async function releasesOf(db: Reader, ids: readonly string[]): Promise<Release[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('releases')
    .selectAll()
    .where('id', 'in', ids as never[])
    .orderBy('number', 'desc')
    .execute();
  return rows.map(toRelease);
}
