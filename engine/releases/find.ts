import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import { statement } from '../store/statement';
import type { Tables } from '../store/tables';
import type { ReleaseRecord } from './record';

export interface Release {
  id: string;
  appId: string;
  runId: string;
  number: number;
  hash: string;
  state: Tables['releases']['state'];
  createdAt: number;
  record: ReleaseRecord;
}

export const toRelease = (row: Tables['releases']): Release => ({
  id: row.id,
  appId: row.app_id,
  runId: row.run_id,
  number: row.number,
  hash: row.hash,
  state: row.state,
  createdAt: row.created_at,
  record: JSON.parse(row.record) as ReleaseRecord,
});

/** @throws GantryError `release-unknown`. */
export async function findRelease(parts: EngineParts, id: string): Promise<Release> {
  const [row] = await releaseById(parts.store.read, { id });
  if (row === undefined) throw new GantryError('not-found', 'release-unknown', `there is no release ${id}`);
  return toRelease(row);
}

const releaseById = statement<{ id: string }, Tables['releases']>((db, argument) =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('id', '=', argument('id') as never),
);

/** By its number in the app. @throws GantryError `release-unknown`. */
export async function findReleaseNumber(parts: EngineParts, app: Tables['apps'], number: number): Promise<Release> {
  const row = await parts.store.read
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', app.id)
    .where('number', '=', number)
    .executeTakeFirst();
  if (row === undefined) {
    throw new GantryError(
      'not-found',
      'release-unknown',
      `${app.name} has no release ${number}`,
      `see them: gantry release list ${app.name}`,
    );
  }
  return toRelease(row);
}

/** Newest first. */
export async function listReleases(parts: EngineParts, app: Tables['apps'], limit = 50): Promise<Release[]> {
  const rows = await parts.store.read
    .selectFrom('releases')
    .selectAll()
    .where('app_id', '=', app.id)
    .orderBy('number', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toRelease);
}
