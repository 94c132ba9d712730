import type { EngineParts } from '../parts';
import type { Address } from './address';
import type { ChannelKind } from './channel-kind';
import { lineOfChannel, purposeOf } from './channels';
import { type Claim, claimLine, GIVE_UP_MS, noteTrouble } from './line';
import type { Message } from './message';
import { noteDropped } from './put';

/** One message, for whoever sends it now. */
export interface MessageTaken extends Claim {
  channel: string;
  kind: ChannelKind;
  /** The same for a repetition: receivers may know it by that. */
  id: string;
  message: Message;
  /** @throws GantryError `secret-key`, `sealed-damaged` */
  address(): Address;
}

/** Channels for which something waits. */
export async function channelsWaiting(parts: EngineParts): Promise<string[]> {
  const rows = await parts.store.read.selectFrom('outbox').select('channel').distinct().orderBy('channel').execute();
  return rows.map(({ channel }) => channel);
}

/**
 * Takes the oldest message of a channel, to send it within `CLAIM_MS`; messages that wait for a day are given up first.
 * @returns undefined when there is none, somebody else sends, or the channel is left alone for now
 */
export async function takeMessage(parts: EngineParts, channel: string): Promise<MessageTaken | undefined> {
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const found = await tx.selectFrom('channels').selectAll().where('name', '=', channel).executeTakeFirst();
    if (found === undefined) return undefined;
    const line = lineOfChannel(channel);
    const claimed = await claimLine(tx, line, now);
    if (claimed === undefined) return undefined;
    const old = await tx
      .deleteFrom('outbox')
      .where('channel', '=', channel)
      .where('at', '<', now - GIVE_UP_MS)
      .executeTakeFirst();
    const count = Number(old.numDeletedRows);
    if (count > 0) {
      await noteDropped(tx, channel, count);
      await noteTrouble(parts, tx, line, `${count} messages could not be sent for a day, and were given up`);
    }
    const row = await tx
      .selectFrom('outbox')
      .selectAll()
      .where('channel', '=', channel)
      .orderBy('position')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) {
      await tx.updateTable('outgoing_lines').set({ claimed_until: 0 }).where('name', '=', line).execute();
      return undefined;
    }
    const address = () => JSON.parse(parts.vault.open(purposeOf(channel), found.sealed).toString()) as Address;
    const message = JSON.parse(row.body) as Message;
    return { ...claimed, channel, kind: found.kind, id: row.id, message, address };
  });
}
