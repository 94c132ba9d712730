import { sql } from 'kysely';
import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import type { Route } from '../ports/gateway';
import { readTraffic, type Traffic } from '../rollout/traffic';
import { statement } from '../store/statement';
import type { Reader } from '../store/store';
import type { Tables } from '../store/tables';

export interface Environment {
  id: Tables['environments']['id'];
  appId: Tables['apps']['id'];
  app: string;
  name: string;
  role: 'environment' | 'production';
  host: string;
  cluster: string;
  slot: number;
  traffic: Traffic;
  version: number;
  confirmedVersion: number;
  warmUntil: number | null;
  /** Since when gray has its present share and rules, and who gave it these; null when nothing is gray. */
  graySince: { at: number; by: string } | null;
}

export const toEnvironment = (row: Tables['environments'], app: string): Environment => ({
  id: row.id,
  appId: row.app_id,
  app,
  name: row.name,
  role: row.role,
  host: row.host,
  cluster: row.cluster,
  slot: row.slot,
  traffic: readTraffic(row.traffic),
  version: row.version,
  confirmedVersion: row.confirmed_version,
  warmUntil: row.warm_until,
  graySince: row.gray_since === null ? null : { at: row.gray_since, by: row.gray_by ?? '' },
});

/** What the gateway must follow for this environment. */
export function routeOf({ host, slot, version, traffic }: Environment): Route {
  const { stable, gray, warm, share, salt, rules, key, leaving } = traffic;
  const met = [stable, gray].flatMap((lane) => (lane === null ? [] : (traffic.settings[lane] ?? [])));
  const identity = (gray === null ? undefined : traffic.settings[gray]) ?? met[0];
  return {
    ...{ host, slot, version, stable, gray, warm, share, salt, rules, key },
    identity: identity?.identity ?? null,
    holds: leaving?.sessions === true,
    ...(met.length === 0 ? {} : { sticky: met.some(({ sticky }) => sticky) }),
  };
}

type Row = Tables['environments'] & { app: string };

const rows = (db: Reader) =>
  db
    .selectFrom('environments')
    .innerJoin('apps', 'apps.id', 'environments.app_id')
    .selectAll('environments')
    .select('apps.name as app');
const rowById = statement<{ id: string }, Row>((db, argument) =>
  rows(db).where('environments.id', '=', argument('id') as Environment['id']),
);
const productionOf = statement<{ app: string }, Row>((db, argument) =>
  rows(db)
    .where('environments.app_id', '=', argument('app') as Environment['appId'])
    .where('environments.role', '=', sql.lit('production' as const)),
);

/** By id. @throws GantryError `environment-unknown`. */
export async function findEnvironment(parts: EngineParts, id: string): Promise<Environment> {
  return findEnvironmentIn(parts.store.read, id);
}

/** The same inside a transaction of the caller. */
export async function findEnvironmentIn(db: Reader, id: string): Promise<Environment> {
  const row = await environmentRow(db, id);
  return toEnvironment(row, row.app);
}

/** What is stored of it. @throws GantryError `environment-unknown`. */
export async function environmentRow(db: Reader, id: string): Promise<Row> {
  const [row] = await rowById(db, { id });
  if (row !== undefined) return row;
  throw new GantryError('not-found', 'environment-unknown', `there is no environment ${id}`);
}

/** Production of an app; undefined before its first release. */
export async function findProduction(parts: EngineParts, appId: string): Promise<Environment | undefined> {
  const [row] = await productionOf(parts.store.read, { app: appId });
  return row && toEnvironment(row, row.app);
}

const sorted = (db: Reader) => rows(db).orderBy('apps.name').orderBy('environments.created_at');
const allRows = statement<object, Row>((db) => sorted(db));
const rowsOfApp = statement<{ app: string }, Row>((db, argument) =>
  sorted(db).where('environments.app_id', '=', argument('app') as Environment['appId']),
);

export async function listEnvironments({ store }: EngineParts, appId?: string): Promise<Environment[]> {
  const found = await (appId === undefined ? allRows(store.read, {}) : rowsOfApp(store.read, { app: appId }));
  return found.map((row) => toEnvironment(row, row.app));
}
