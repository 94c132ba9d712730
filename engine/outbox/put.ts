import { type MessageId, newId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { lineOfChannel, waitingAt } from './channels';
import { noteTrouble } from './line';
import type { Message } from './message';

export interface ToSend {
  channel: string;
  position: number;
  message: Message;
}

/** Messages that wait for one channel; the oldest beyond them are given up. */
export const WAITING_MAX = 1_000;

/** Puts messages where they are sent from, in the transaction of the caller. */
export async function putMessages(parts: EngineParts, tx: Tx, wanted: readonly ToSend[]): Promise<MessageId[]> {
  const rows = wanted.map(({ channel, position, message }) => ({
    id: newId<MessageId>(parts.clock, parts.random),
    channel,
    position,
    body: JSON.stringify(message),
    at: message.at,
  }));
  if (rows.length > 0) await tx.insertInto('outbox').values(rows).execute();
  for (const channel of new Set(wanted.map((one) => one.channel))) await trim(parts, tx, channel);
  return rows.map(({ id }) => id);
}

async function trim(parts: EngineParts, tx: Tx, channel: string): Promise<void> {
  const excess = (await waitingAt(tx, channel)) - WAITING_MAX;
  if (excess <= 0) return;
  const oldest = tx
    .selectFrom('outbox')
    .select('id')
    .where('channel', '=', channel)
    .orderBy('position')
    .orderBy('id')
    .limit(excess);
  await tx.deleteFrom('outbox').where('id', 'in', oldest).execute();
  await noteDropped(tx, channel, excess);
  await noteTrouble(
    parts,
    tx,
    lineOfChannel(channel),
    `more than ${WAITING_MAX} messages waited: the oldest were given up`,
  );
}

export async function noteDropped(tx: Tx, channel: string, count: number): Promise<void> {
  await tx
    .updateTable('channels')
    .set((e) => ({ dropped: e('dropped', '+', count) }))
    .where('name', '=', channel)
    .execute();
}
