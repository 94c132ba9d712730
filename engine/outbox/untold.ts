import { sql } from 'kysely';
import { lineOfForge } from '../forges/take-post';
import { contextOf } from '../forges/want';
import type { AppId, RunId } from '../model/ids';
import type { Reader } from '../store/store';
import { showLine } from './line';

/** What should have been told of a run, and was not when it was tried the last time. */
export interface Untold {
  /** `forge`, or the name of a channel. */
  to: { forge: true } | { channel: string };
  /** The places that the forge does not show: `gantry/shop/test`. None for a channel. */
  places: readonly string[];
  /** Empty for a channel: what it answers is for whoever runs Gantry. */
  reason: string;
  /** When it is tried again, ms UTC; null: it was given up. */
  retryAt: number | null;
}

export interface RunTold {
  id: RunId;
  app_id: AppId;
  number: number;
  commit: string;
}

/** The forge first, then channels by name. */
export async function untoldOf(db: Reader, app: string, run: RunTold): Promise<Untold[]> {
  return [...(await atForge(db, app, run)), ...(await inChannels(db, run.id))];
}

/** Places with the same trouble are one. */
async function atForge(db: Reader, app: string, run: RunTold): Promise<Untold[]> {
  const { repository_id: repository } = await db
    .selectFrom('apps')
    .select('repository_id')
    .where('id', '=', run.app_id)
    .executeTakeFirstOrThrow();
  const owner = repository ?? run.app_id;
  const posts = await db
    .selectFrom('forge_posts')
    .select(['context', 'version', 'sent_version', 'trouble', 'not_before'])
    .where('app_id', '=', owner)
    .where('run_number', '=', run.number)
    .where((e) => e.or([e('target', '=', run.commit), e('kind', '=', 'comment')]))
    .orderBy('context')
    .execute();
  if (posts.length === 0) return [];
  const line = await showLine(db, lineOfForge(owner));
  const found = new Map<string, Untold & { places: string[] }>();
  for (const { context, version, sent_version, ...post } of posts) {
    if (!context.startsWith(contextOf(app, ''))) continue;
    const waits = version > sent_version;
    const reason = waits && line.retryAt !== null ? line.trouble : post.trouble;
    if (reason === '') continue;
    const retryAt = waits ? Math.max(post.not_before, line.retryAt ?? 0) : null;
    const key = `${retryAt} ${reason}`;
    const same = found.get(key);
    if (same === undefined) found.set(key, { to: { forge: true }, places: [context], reason, retryAt });
    else same.places.push(context);
  }
  return [...found.values()];
}

async function inChannels(db: Reader, run: RunId): Promise<Untold[]> {
  const rows = await db
    .selectFrom('events as e')
    .innerJoin('outbox as o', 'o.position', 'e.id')
    .innerJoin('outgoing_lines as l', (join) => join.on('l.name', '=', sql<string>`'channel:' || o.channel`))
    .select(['o.channel', 'l.not_before'])
    .distinct()
    .where('e.run_id', '=', run)
    .where('l.failures', '>', 0)
    .orderBy('o.channel')
    .execute();
  return rows.map(({ channel, not_before }) => ({ to: { channel }, places: [], reason: '', retryAt: not_before }));
}

/** For people, without a full stop. */
export function untoldSentence({ to, places, reason, retryAt }: Untold): string {
  const again = retryAt === null ? 'it was given up' : `it is tried again at ${moment(retryAt)}`;
  if ('channel' in to) return `channel ${to.channel} was not told of it yet: ${again}`;
  return `its forge does not show ${places.join(', ')}: ${reason}; ${again}`;
}

/** `2026-11-30 07:44:12 UTC` */
const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
