import type { Selectable } from 'kysely';
import type { EventType } from '../events/emit';
import { newestEvent } from '../events/since';
import { type Links, wantPosts } from '../forges/want';
import type { RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Reader, Tx } from '../store/store';
import type { Tables } from '../store/tables';
import type { Channel } from './channels';
import { compose } from './compose';
import { putMessages, type ToSend } from './put';

/** Events of one turn. */
const BATCH = 200;
const CURSOR = 'outbox-cursor';

/**
 * Turns what has happened since the last time into what is to be told: messages for channels, statuses and comments for
 * forges. It reads the events that every change has written anyway, so nothing waits for it, and a kill loses nothing:
 * what was read and what came of it are one transaction.
 * @returns whether there may be more
 */
export async function collect(parts: EngineParts, links: Links): Promise<boolean> {
  const newest = await newestEvent(parts);
  const from = await cursorOf(parts.store.read);
  if (from !== undefined && newest <= from) return false;
  // Nobody to tell: the place is kept up only now and then.
  if (from !== undefined && newest < from + BATCH && !(await anyoneListens(parts.store.read))) return false;
  // What was before the first look is not told afterwards.
  const events = from === undefined ? [] : await eventsAfter(parts.store.read, from);
  const messages = toSend(events, await channelsIn(parts.store.read), links);
  const isFull = events.length === BATCH;
  await parts.store.write(async (tx) => {
    // Another runner was faster: what it has read is told already.
    if ((await cursorOf(tx)) !== from) return;
    await putMessages(parts, tx, messages);
    await wantPosts(parts, tx, lastOf(events), links);
    const last = events.at(-1)?.id ?? newest;
    await writeCursor(tx, isFull ? last : Math.max(newest, last));
  });
  return isFull;
}

/** When something last happened to each run. */
function lastOf(events: readonly Happened[]): Map<RunId, number> {
  return new Map(events.flatMap(({ run_id, at }) => (run_id === null ? [] : [[run_id, at]])));
}

async function anyoneListens(db: Reader): Promise<boolean> {
  const channel = await db.selectFrom('channels').select('name').limit(1).executeTakeFirst();
  if (channel !== undefined) return true;
  const source = await db.selectFrom('app_sources').select('url').where('token', 'is not', null).executeTakeFirst();
  return source !== undefined;
}

type RunFacts = Pick<Tables['runs'], 'number' | 'trigger' | 'ref' | 'commit' | 'title' | 'author'>;
type Happened = Selectable<Tables['events']> & { app: string; release: number | null } & {
  [K in keyof RunFacts]: RunFacts[K] | null;
};

const eventsAfter = (db: Reader, cursor: number): Promise<Happened[]> =>
  db
    .selectFrom('events')
    .innerJoin('apps', 'apps.id', 'events.app_id')
    .leftJoin('runs', 'runs.id', 'events.run_id')
    .leftJoin('releases', 'releases.id', 'runs.release_id')
    .selectAll('events')
    .select(['apps.name as app', 'runs.number', 'runs.trigger', 'runs.ref', 'runs.commit', 'runs.title', 'runs.author'])
    .select('releases.number as release')
    .where('events.id', '>', cursor)
    .where('events.type', 'in', ['run', 'step', 'approval'])
    .orderBy('events.id')
    .limit(BATCH)
    .execute();

const channelsIn = (db: Reader): Promise<Channel[]> => db.selectFrom('channels').selectAll().orderBy('name').execute();

function toSend(events: readonly Happened[], channels: readonly Channel[], links: Links): ToSend[] {
  if (channels.length === 0) return [];
  return events.flatMap((event) => {
    const message = messageOf(event, links);
    if (message === null) return [];
    const told = channels.filter(
      ({ app_id, since, wants }) =>
        (app_id === null || app_id === event.app_id) && since < event.id && wants.split(' ').includes(message.kind),
    );
    return told.map(({ name }) => ({ channel: name, position: event.id, message }));
  });
}

function messageOf(
  { app, at, type, data, number, trigger, ref, commit, title, author, release }: Happened,
  links: Links,
) {
  if (number === null || trigger === null || ref === null || commit === null) return null;
  const run = { number, trigger, ref, commit, title: title ?? '', author: author ?? '', release };
  const happened = { type: type as EventType, data: JSON.parse(data) as Record<string, unknown>, at, app, run };
  return compose(happened, links.run(app, number));
}

async function cursorOf(db: Reader | Tx): Promise<number | undefined> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', CURSOR).executeTakeFirst();
  return row === undefined ? undefined : Number(row.value);
}

async function writeCursor(tx: Tx, id: number): Promise<void> {
  const value = String(id);
  await tx
    .insertInto('meta')
    .values({ key: CURSOR, value })
    .onConflict((c) => c.column('key').doUpdateSet({ value }))
    .execute();
}
