import { z } from 'zod';
import { CHANNEL_KINDS } from '../../../engine/outbox/channel-kind';
import { MESSAGE_KINDS } from '../../../engine/outbox/message';
import { listOf, oneOf, perhapsTime, time } from './common';

/** Pieces of the API about channels: where people are told. */

const kind = oneOf(CHANNEL_KINDS);
const on = z.array(oneOf(MESSAGE_KINDS));

export const channelWanted = z.strictObject({
  name: z.string().max(100).describe('up to 40 small letters, digits and hyphens'),
  kind,
  to: z.string().max(5_000).describe('the address; of mail several, with commas between'),
  secret: z.string().max(500).optional().describe('what is signed with; for a webhook one is made when it is left out'),
  app: z.string().max(100).optional().describe('the only app that it is told of'),
  on: on.optional().describe('what it is told of; everything when left out'),
});

export const channelAdded = z
  .strictObject({
    name: z.string(),
    secret: z.string().nullable().describe('what was made here to sign with: told only now'),
  })
  .meta({ id: 'ChannelAdded' });

/** How a receiver answers. */
export const lineFields = {
  sentAt: perhapsTime.describe('when something was last sent'),
  sentId: z.string().nullable().describe('what was sent then'),
  trouble: z.string().describe('what went wrong the last time; empty when nothing did'),
  troubleAt: perhapsTime,
  retryAt: perhapsTime.describe('when it is tried again'),
};

export const channel = z
  .strictObject({
    name: z.string(),
    kind,
    app: z.string().nullable().describe('null: it is told of every app'),
    on,
    to: z.string().describe('as much of the address as may be seen'),
    waiting: z.int().describe('messages that wait'),
    dropped: z.int().describe('messages that were given up'),
    createdAt: time,
    createdBy: z.string(),
    ...lineFields,
  })
  .meta({ id: 'Channel' });
export const channelList = listOf(channel);

export const channelTried = z.strictObject({ id: z.string().describe('it is `sentId` as soon as it was sent') });
export const channelRemoved = z.strictObject({ removed: z.string() });
