import { NO_COMMIT } from '../deliveries/accept';
import type { AppId, RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { ReleaseRecord } from '../releases/record';
import { readTraffic } from '../rollout/traffic';
import type { StepLease } from '../steps/lease';
import type { Reader } from '../store/store';
import { lineOf } from './line';

/** Beyond what a run's commits are counted. */
export interface Beyond {
  /** Hash of the release in production; empty: there is none. */
  hash: string;
  /** Where counting begins; null: with the first commit of all. */
  commit: string | null;
}

/** As for the run of a step, read once before its commits are. */
export const beyondOf = (parts: EngineParts, { app, run }: Pick<StepLease, 'app' | 'run'>): Promise<Beyond> =>
  readBeyond(parts.store.read, app.id, run.ref);

/**
 * From the commit in production, else from where the ref stood before its first push that Gantry was told of: what was
 * pushed since, and never came into production, is brought by whatever comes there first.
 */
export async function readBeyond(db: Reader, app: AppId, ref: string): Promise<Beyond> {
  const production = await releaseInProduction(db, app);
  const commit = production?.commit ?? (await beforeAll(db, app, ref));
  return { hash: production?.hash ?? '', commit };
}

async function beforeAll(db: Reader, app: AppId, ref: string): Promise<string | null> {
  const first = await db
    .selectFrom('deliveries')
    .select('before')
    .where('app_id', '=', app)
    .where('ref', '=', ref)
    .orderBy('received_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return first === undefined || first.before === NO_COMMIT ? null : first.before;
}

interface InProduction {
  hash: string;
  /** Null for a release that was not built: whatever it stands beside, it carries none of the commits. */
  commit: string | null;
}

/** The release that is stable in an app's production. */
export async function releaseInProduction(db: Reader, app: AppId): Promise<InProduction | undefined> {
  const row = await db
    .selectFrom('environments')
    .select('traffic')
    .where('app_id', '=', app)
    .where('role', '=', 'production')
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { stable, lanes } = readTraffic(row.traffic);
  const id = stable === null ? null : lanes[stable];
  if (id === null || id === undefined) return undefined;
  const release = await db
    .selectFrom('releases')
    .leftJoin('runs', 'runs.id', 'releases.run_id')
    .select(['releases.hash', 'releases.record', 'runs.trigger'])
    .where('releases.id', '=', id as never)
    .executeTakeFirst();
  if (release === undefined) return undefined;
  const isBuilt = release.trigger !== null && release.trigger !== 'release';
  return { hash: release.hash, commit: isBuilt ? (JSON.parse(release.record) as ReleaseRecord).commit : null };
}

/**
 * Whether those who took part in what a run carries were noted beyond this release. A run that Gantry planned before it
 * wrote that down has what was noted then.
 */
export async function isNotedBeyond(db: Reader, run: RunId, hash: string): Promise<boolean> {
  for await (const { beyond } of lineOf(db, run)) if (beyond !== null) return beyond === hash;
  return true;
}
