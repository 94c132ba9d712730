import type { Plan, StageSpec } from '../../pipelines/types';
import { canonical, sha256 } from '../model/hash';
import type { RunId } from '../model/ids';
import type { ReleaseRecord } from '../releases/record';
import { statement } from '../store/statement';
import type { Reader } from '../store/store';
import type { Tables } from '../store/tables';
import { releaseInProduction } from './beyond';

/** Version of the shape below: another one is another hash, so what was approved before an upgrade is asked again. */
const BOUND_FORMAT = 2;

/** Everything that a yes stands for, by digests. Its hash is what pages show and answers carry. */
export interface Bound {
  format: typeof BOUND_FORMAT;
  app: string;
  commit: string;
  /** Hash of the release; empty before it was sealed. */
  release: string;
  /** Hash of the pipeline that the plan was made of. */
  pipeline: string;
  /** Digest of the configuration, by stage. */
  configuration: Readonly<Record<string, string>>;
  target: { environment: string; cluster: string };
  /** Hash of the release in production, beyond which its commits were counted; empty: there is none. */
  beyond: string;
  /** Who is to meet it before everybody does, and how it is judged; null: nobody. */
  gray: StageSpec['gray'];
}

interface Facts {
  app: string;
  app_id: Tables['apps']['id'];
  commit: string;
  plan: string | null;
  pipeline_hash: string | null;
  hash: string | null;
  record: string | null;
}

const factsOf = statement<{ run: RunId }, Facts>((db, argument) =>
  db
    .selectFrom('runs')
    .innerJoin('apps', 'apps.id', 'runs.app_id')
    .leftJoin('releases', 'releases.id', 'runs.release_id')
    .select(['apps.name as app', 'runs.app_id', 'runs.commit', 'runs.plan', 'runs.pipeline_hash'])
    .select(['releases.hash', 'releases.record'])
    .where('runs.id', '=', argument('run')),
);

/** What a gate of this stage is bound to now, and its hash. */
export async function boundOf(db: Reader, run: RunId, stage: string): Promise<{ bound: Bound; hash: string }> {
  const [facts] = await factsOf(db, { run });
  if (facts === undefined) throw new Error(`there is no run ${run}`);
  const plan = facts.plan === null ? undefined : (JSON.parse(facts.plan) as Plan);
  const record = facts.record === null ? undefined : (JSON.parse(facts.record) as ReleaseRecord);
  const environment = environmentOf(plan, stage);
  const bound: Bound = {
    format: BOUND_FORMAT,
    app: facts.app,
    commit: facts.commit,
    release: facts.hash ?? '',
    pipeline: facts.pipeline_hash ?? '',
    configuration: configurationOf(record),
    target: { environment, cluster: await clusterOf(db, facts.app_id, environment) },
    beyond: (await releaseInProduction(db, facts.app_id))?.hash ?? '',
    gray: plan?.stages.find(({ role }) => role === 'gray')?.gray ?? null,
  };
  return { bound, hash: sha256(canonical(bound)) };
}

const environmentOf = (plan: Plan | undefined, stage: string): string =>
  plan?.stages.find(({ name }) => name === stage)?.role === 'environment' ? stage : 'production';

const configurationOf = (record: ReleaseRecord | undefined): Bound['configuration'] =>
  Object.fromEntries(Object.entries(record?.stages ?? {}).map(([name, { configDigest }]) => [name, configDigest]));

async function clusterOf(db: Reader, app: Facts['app_id'], name: string): Promise<string> {
  const row = await db
    .selectFrom('environments')
    .select('cluster')
    .where('app_id', '=', app)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.cluster ?? '';
}
