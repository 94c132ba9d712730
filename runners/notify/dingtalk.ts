import { createHmac } from 'node:crypto';
import type { Channel } from './channel';
import { postJson } from './post-json';
import { robotOutcome } from './robot';
import { plainText } from './text';

/** A custom robot of DingTalk, with a signature when it has a secret. */
export const dingtalk: Channel = async ({ message, address }, means) => {
  const now = means.now();
  const url = new URL(address.to);
  if (address.secret !== null) {
    url.searchParams.set('timestamp', String(now));
    url.searchParams.set('sign', signature(address.secret, now));
  }
  const body = { msgtype: 'text', text: { content: plainText(message, message.lines) }, at: { isAtAll: false } };
  const answer = await postJson(means, url.href, body);
  return robotOutcome(answer, now, { code: 'errcode', message: 'errmsg', busy: [130101] });
};

const signature = (secret: string, now: number): string =>
  createHmac('sha256', secret).update(`${now}\n${secret}`).digest('base64');
