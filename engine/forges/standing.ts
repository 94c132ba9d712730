import { readSourceUrl } from '../apps/source-url';
import type { AppId } from '../model/ids';
import { type LineShown, showLine } from '../outbox/line';
import type { EngineParts } from '../parts';
import type { ForgeName } from './forge-name';
import { lineOfForge } from './take-post';
import { forgeIn } from './want';

/** How the forge of an app takes what it is told. */
export interface ForgeStanding extends LineShown {
  /** Null: nothing tells which one it is, so it is told nothing. */
  forge: ForgeName | null;
  /** Things that it does not show yet. */
  waiting: number;
}

/** Null for an app that has no source with a token: then its forge is told nothing. */
export async function forgeStanding(parts: EngineParts, appId: AppId): Promise<ForgeStanding | null> {
  const db = parts.store.read;
  const source = await db
    .selectFrom('app_sources')
    .select('url')
    .where('app_id', '=', appId)
    .where('token', 'is not', null)
    .executeTakeFirst();
  if (source === undefined || readSourceUrl(source.url).kind === 'local') return null;
  const waiting = await db
    .selectFrom('forge_posts')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('app_id', '=', appId)
    .whereRef('version', '>', 'sent_version')
    .executeTakeFirstOrThrow();
  const forge = (await forgeIn(db, appId, source.url)) ?? null;
  return { forge, waiting: Number(waiting.n), ...(await showLine(db, lineOfForge(appId))) };
}
