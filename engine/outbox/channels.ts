import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import type { Reader, Tx } from '../store/store';
import type { Tables } from '../store/tables';
import type { ChannelKind } from './channel-kind';
import { type LineShown, showLine } from './line';
import type { MessageKind } from './message';

export type Channel = Tables['channels'];

/** A channel as people see it: never its whole address, never its secret. */
export interface ChannelShown extends LineShown {
  name: string;
  kind: ChannelKind;
  /** Null: it is told of every app. */
  app: string | null;
  on: MessageKind[];
  to: string;
  /** Messages that wait. */
  waiting: number;
  /** Messages that were given up. */
  dropped: number;
  createdAt: number;
  createdBy: string;
}

export const lineOfChannel = (name: string): string => `channel:${name}`;
/** What an address is sealed for: it opens for this channel alone. */
export const purposeOf = (name: string): string => `channel:${name}`;

export async function listChannels(parts: EngineParts): Promise<ChannelShown[]> {
  const rows = await parts.store.read.selectFrom('channels').selectAll().orderBy('name').execute();
  return Promise.all(rows.map((row) => show(parts.store.read, row)));
}

/** @throws GantryError `channel-unknown`. */
export async function showChannel(parts: EngineParts, name: string): Promise<ChannelShown> {
  return show(parts.store.read, await findChannelIn(parts.store.read, name));
}

/** @throws GantryError `channel-unknown`. */
export async function findChannelIn(db: Reader | Tx, name: string): Promise<Channel> {
  const row = await db.selectFrom('channels').selectAll().where('name', '=', name).executeTakeFirst();
  if (row !== undefined) return row;
  const next = 'see which there are: gantry channel list';
  throw new GantryError('not-found', 'channel-unknown', `there is no channel "${name}"`, next);
}

async function show(db: Reader, row: Channel): Promise<ChannelShown> {
  const app =
    row.app_id === null
      ? undefined
      : await db.selectFrom('apps').select('name').where('id', '=', row.app_id).executeTakeFirst();
  return {
    name: row.name,
    kind: row.kind,
    app: app?.name ?? null,
    on: row.wants.split(' ') as MessageKind[],
    to: row.shown,
    waiting: await waitingAt(db, row.name),
    dropped: row.dropped,
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(await showLine(db, lineOfChannel(row.name))),
  };
}

export async function waitingAt(db: Reader | Tx, channel: string): Promise<number> {
  const row = await db
    .selectFrom('outbox')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('channel', '=', channel)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}
