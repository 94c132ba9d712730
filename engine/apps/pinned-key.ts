import type { EngineParts } from '../parts';
import type { Tables } from '../store/tables';
import { findOwner } from './find-connected';
import { readSourceUrl, type SourceUrl } from './source-url';

/** The pinned key of the host that an address names; undefined when there is none. */
export function pinnedKey(
  wanted: SourceUrl,
  known: Pick<Tables['app_sources'], 'url' | 'host_key'> | undefined,
): string | undefined {
  if (wanted.kind !== 'ssh' || known === undefined || known.host_key === null) return undefined;
  const before = readSourceUrl(known.url);
  const same = before.kind === 'ssh' && before.host === wanted.host && before.port === wanted.port;
  return same ? known.host_key : undefined;
}

/**
 * The key that is pinned for the host of this address; undefined when it is to be asked for.
 * @throws GantryError `app-unknown`, `source-shared`, `source-url`.
 */
export async function pinnedHostKey(parts: EngineParts, name: string, url: string): Promise<string | undefined> {
  const app = await findOwner(parts.store.read, name);
  const known = await parts.store.read
    .selectFrom('app_sources')
    .select(['url', 'host_key'])
    .where('app_id', '=', app.id)
    .executeTakeFirst();
  return pinnedKey(readSourceUrl(url), known);
}
