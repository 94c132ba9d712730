import { createHmac } from 'node:crypto';
import { outcomeOf } from './answer';
import type { Channel } from './channel';
import { postJson } from './post-json';

/** Standard Webhooks: id, time and signature in headers; the id is the same for a repetition. */
export const webhook: Channel = async ({ id, message, address }, means) => {
  const now = means.now();
  const seconds = String(Math.floor(now / 1000));
  const { kind, at, ...data } = message;
  const body = JSON.stringify({ type: `gantry.${kind}`, timestamp: new Date(at).toISOString(), data });
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${signature(address.secret ?? '', `${id}.${seconds}.${body}`)}`,
  };
  return outcomeOf(await postJson(means, address.to, body, headers), now);
};

const signature = (secret: string, text: string): string =>
  createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(text)
    .digest('base64');
