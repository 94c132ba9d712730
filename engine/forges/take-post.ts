import type { AppId } from '../model/ids';
import { type Claim, claimLine, GIVE_UP_MS } from '../outbox/line';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';
import type { ForgeName } from './forge-name';
import type { CommentBody, StatusBody } from './post';
import { forgeIn } from './want';

/** One thing that a forge is to show, for whoever sends it now. */
export interface PostTaken extends Claim {
  appId: AppId;
  forge: ForgeName;
  /** Of the repository. */
  url: string;
  target: string;
  context: string;
  version: number;
  /** The forge's own name of what it shows at this place; null before the first time. */
  remoteId: string | null;
  body: ({ kind: 'status' } & StatusBody) | ({ kind: 'comment' } & CommentBody);
}

export const lineOfForge = (appId: AppId): string => `forge:${appId}`;

/** Apps whose forge is behind. */
export async function forgesWaiting(parts: EngineParts): Promise<AppId[]> {
  const rows = await parts.store.read
    .selectFrom('forge_posts')
    .select('app_id')
    .distinct()
    .whereRef('version', '>', 'sent_version')
    .orderBy('app_id')
    .execute();
  return rows.map(({ app_id }) => app_id);
}

/**
 * Takes what waits longest for an app's forge, as it is to be shown now. What waited for a day is not told any more.
 * @returns undefined when there is nothing, somebody else sends, or the forge is left alone for now
 */
export async function takePost(parts: EngineParts, appId: AppId): Promise<PostTaken | undefined> {
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const line = lineOfForge(appId);
    await beginAnew(tx, appId, line);
    const claimed = await claimLine(tx, line, now);
    if (claimed === undefined) return undefined;
    const source = await sourceWithToken(tx, appId);
    await giveUp(tx, appId, source === undefined ? now : now - GIVE_UP_MS);
    const row = await nextDue(tx, appId, now);
    const forge = source === undefined ? undefined : await forgeIn(tx, appId, source.url);
    if (row === undefined || source === undefined || forge === undefined) {
      await tx.updateTable('outgoing_lines').set({ claimed_until: 0 }).where('name', '=', line).execute();
      return undefined;
    }
    const { target, context, version } = row;
    const body = { kind: row.kind, ...(JSON.parse(row.body) as StatusBody & CommentBody) };
    return { ...claimed, appId, forge, url: source.url, target, context, version, remoteId: row.remote_id, body };
  });
}

/** Somebody has connected the app again since it was refused: with another token, most likely. */
async function beginAnew(tx: Tx, appId: AppId, line: string): Promise<void> {
  const source = tx.selectFrom('app_sources').select('connected_at').where('app_id', '=', appId);
  await tx
    .updateTable('outgoing_lines')
    .set({ not_before: 0, failures: 0, trouble: '', trouble_at: null })
    .where('name', '=', line)
    .where('trouble_at', '<', source)
    .execute();
  await tx
    .updateTable('forge_posts')
    .set({ not_before: 0, failures: 0 })
    .where('app_id', '=', appId)
    .whereRef('version', '>', 'sent_version')
    .where('trouble_at', '<', source)
    .execute();
}

const sourceWithToken = (tx: Tx, appId: AppId): Promise<{ url: string } | undefined> =>
  tx
    .selectFrom('app_sources')
    .select('url')
    .where('app_id', '=', appId)
    .where('token', 'is not', null)
    .executeTakeFirst();

async function giveUp(tx: Tx, appId: AppId, before: number): Promise<void> {
  await tx
    .updateTable('forge_posts')
    .set((e) => ({ sent_version: e.ref('version') }))
    .where('app_id', '=', appId)
    .whereRef('version', '>', 'sent_version')
    .where('updated_at', '<', before)
    .execute();
}

/** What has failed stands behind what has not: one commit that the forge does not know must not hold up the others. */
const nextDue = (tx: Tx, appId: AppId, now: number): Promise<Tables['forge_posts'] | undefined> =>
  tx
    .selectFrom('forge_posts')
    .selectAll()
    .where('app_id', '=', appId)
    .whereRef('version', '>', 'sent_version')
    .where('not_before', '<=', now)
    .orderBy('not_before')
    .orderBy('updated_at')
    .orderBy('context')
    .limit(1)
    .executeTakeFirst();
