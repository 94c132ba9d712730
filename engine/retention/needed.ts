import type { ReleaseId } from '../model/ids';
import type { Reader } from '../store/store';
import { inTurns, OPEN_STATES, readGuard, textsOf } from './facts';
import { digestsIn } from './names';
import type { Sweep } from './sweep';

/** Digests that something still needs: of artifacts, configuration files and images alike. */
export type Needed = ReadonlySet<string>;

/**
 * What releases that are kept are made of, what runs that have not ended name, and what young releases are made of.
 * @param youngMs releases that are younger than this count as kept
 */
export async function readNeeded(sweep: Sweep, youngMs: number): Promise<Needed> {
  const db = sweep.parts.store.read;
  const kept: string[] = [];
  for (const { id } of await db.selectFrom('apps').select('id').execute()) {
    kept.push(...(await readGuard(db, id, sweep.policy.releases)).releases.keys());
  }
  const young = await db
    .selectFrom('releases')
    .select('id')
    .where('created_at', '>', sweep.now - youngMs)
    .execute();
  const records = await inTurns([...kept, ...young.map(({ id }) => id)], (ids) =>
    db
      .selectFrom('releases')
      .select('record')
      .where('id', 'in', ids as ReleaseId[])
      .execute(),
  );
  const needed = new Set([...records.flatMap(({ record }) => digestsIn(record)), ...(await digestsOfOpenRuns(db))]);
  await sweep.parts.store.settled();
  return needed;
}

/** Everything that runs which have not ended name, with the releases that they carry. */
export async function digestsOfOpenRuns(db: Reader): Promise<Set<string>> {
  const runs = await db
    .selectFrom('runs')
    .leftJoin('releases', 'releases.id', 'runs.release_id')
    .select(['runs.id', 'releases.record'])
    .where('runs.state', 'in', OPEN_STATES)
    .execute();
  const ids = runs.map(({ id }) => id);
  const texts = [...(await textsOf(db, ids)).values()].flat();
  const sealed = await inTurns(ids, (part) =>
    db
      .selectFrom('artifacts')
      .select('digest')
      .where('run_id', 'in', part as typeof ids)
      .execute(),
  );
  const records = runs.map(({ record }) => record ?? '');
  return new Set([...[...texts, ...records].flatMap(digestsIn), ...sealed.map(({ digest }) => digest)]);
}
