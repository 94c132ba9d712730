import type { ArchiveState } from '../model/states';
import type { EngineParts } from '../parts';
import type { Blob, ImageArchive } from '../ports/images';
import { blobsOf } from '../ports/images';
import type { Reader } from '../store/store';
import type { Tables } from '../store/tables';

/** What is known about the kept bytes of an image. */
export interface Archive {
  imageId: string;
  state: ArchiveState;
  reason: string;
  /** Null until it was kept once. */
  archive: ImageArchive | null;
  /** Bytes, layers that other images share included. */
  size: number;
  keptAt: number | null;
  checkedAt: number | null;
}

export const toArchive = (row: Tables['image_archives']): Archive => ({
  imageId: row.image_id,
  state: row.state,
  reason: row.reason,
  archive: row.archive === null ? null : (JSON.parse(row.archive) as ImageArchive),
  size: row.size,
  keptAt: row.kept_at,
  checkedAt: row.checked_at,
});

/** Undefined for an image that nobody asked to keep. */
export async function findArchive(parts: EngineParts, imageId: string): Promise<Archive | undefined> {
  const query = parts.store.read.selectFrom('image_archives').selectAll();
  const row = await query.where('image_id', '=', imageId).executeTakeFirst();
  return row === undefined ? undefined : toArchive(row);
}

export async function listArchives(db: Reader): Promise<Archive[]> {
  return (await db.selectFrom('image_archives').selectAll().execute()).map(toArchive);
}

/** Every blob that an archive is made of, each once: what must not be collected. */
export async function keptBlobs(parts: EngineParts): Promise<Blob[]> {
  return blobsIn(await listArchives(parts.store.read));
}

/** Blobs of which nobody has seen that they are damaged: what need not be written again. */
export async function soundBlobs(parts: EngineParts): Promise<Blob[]> {
  return blobsIn((await listArchives(parts.store.read)).filter(({ state }) => state === 'kept'));
}

function blobsIn(archives: readonly Archive[]): Blob[] {
  const blobs = archives.flatMap(({ archive }) => (archive === null ? [] : blobsOf(archive)));
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}
