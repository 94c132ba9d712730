import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';

/** What anybody who may see the app may see: never the token, never the secret. */
export interface SourceShown {
  url: string;
  hasToken: boolean;
  connectedAt: number;
}

/** Where the app's commits come from; null when nothing was connected. */
export async function showSource(parts: EngineParts, appId: AppId): Promise<SourceShown | null> {
  const row = await parts.store.read
    .selectFrom('app_sources')
    .select(['url', 'token', 'connected_at'])
    .where('app_id', '=', appId)
    .executeTakeFirst();
  if (row === undefined) return null;
  return { url: row.url, hasToken: row.token !== null, connectedAt: row.connected_at };
}

/** For checking a signature only. Undefined when there is no such app, or it has no source: then there is no hook. */
export async function hookSecretOf(
  parts: EngineParts,
  app: string,
): Promise<{ appId: AppId; secret: string } | undefined> {
  return parts.store.read
    .selectFrom('app_sources')
    .innerJoin('apps', 'apps.id', 'app_sources.app_id')
    .select(['apps.id as appId', 'app_sources.secret'])
    .where('apps.name', '=', app)
    .executeTakeFirst();
}

/** For fetching only. */
export async function sourceOf(
  parts: EngineParts,
  appId: AppId,
): Promise<{ url: string; token: string | null } | undefined> {
  return parts.store.read
    .selectFrom('app_sources')
    .select(['url', 'token'])
    .where('app_id', '=', appId)
    .executeTakeFirst();
}
