import { findApp } from '../apps/find';
import { findProduction } from '../environments/find';
import { type ReleaseRef, showEnvironments } from '../environments/show';
import type { EngineParts } from '../parts';
import { type ShownRule, showRules } from './rules';

/** Over how long the share that visitors really met is measured, ms. */
const MEASURED_MS = 60_000;

/** Who meets gray, since when and by whose word. */
export interface GrayShown {
  app: string;
  stable: ReleaseRef | null;
  /** Null: nothing is gray, and everybody meets stable. */
  gray: ReleaseRef | null;
  /** In 1/10,000. */
  share: number;
  rules: ShownRule[];
  /** The order of visitors in which the share grows; another one for each release. */
  salt: string;
  /** Header that tells who a visitor is; null: the gateway's own cookie does. */
  identity: string | null;
  since: number | null;
  by: string | null;
  measured: MeasuredShare;
}

/** Requests of the last minute. */
export interface MeasuredShare {
  requests: number;
  /** Gray's part of them in 1/10,000; null without requests. */
  share: number | null;
}

/** @throws GantryError `app-unknown`. */
export async function showGray(parts: EngineParts, appName: string): Promise<GrayShown> {
  const app = await findApp(parts, appName);
  const production = await findProduction(parts, app.id);
  const shown = (await showEnvironments(parts, app.id)).find(({ role }) => role === 'production');
  const lane = production?.traffic.gray ?? null;
  return {
    app: app.name,
    stable: shown?.stable ?? null,
    gray: shown?.gray ?? null,
    share: production?.traffic.share ?? 0,
    rules: await showRules(parts, production?.traffic.rules ?? []),
    salt: production?.traffic.salt ?? '',
    identity: (lane === null ? null : production?.traffic.settings[lane]?.identity?.header) ?? null,
    since: production?.graySince?.at ?? null,
    by: production?.graySince?.by ?? null,
    measured: production === undefined ? { requests: 0, share: null } : await measure(parts, production.id),
  };
}

async function measure(parts: EngineParts, environmentId: string): Promise<MeasuredShare> {
  const rows = await parts.store.read
    .selectFrom('traffic_samples')
    .select(['role', (e) => e.fn.sum<number>('requests').as('requests')])
    .where('environment_id', '=', environmentId as never)
    .where('at', '>', parts.clock.now() - MEASURED_MS)
    .groupBy('role')
    .execute();
  const of = (role: string) => Number(rows.find((row) => row.role === role)?.requests ?? 0);
  const requests = of('stable') + of('gray');
  return { requests, share: requests === 0 ? null : Math.round((of('gray') / requests) * 10_000) };
}
