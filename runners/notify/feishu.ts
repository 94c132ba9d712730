import { createHmac } from 'node:crypto';
import type { Channel } from './channel';
import { postJson } from './post-json';
import { robotOutcome } from './robot';
import { plainText } from './text';

/** A custom bot of Feishu or Lark, with a signature when it has a secret. */
export const feishu: Channel = async ({ message, address }, means) => {
  const now = means.now();
  const body = {
    ...(address.secret === null ? {} : signed(address.secret, Math.floor(now / 1000))),
    msg_type: 'text',
    content: { text: plainText(message, message.lines) },
  };
  const answer = await postJson(means, address.to, body);
  return robotOutcome(answer, now, { code: 'code', message: 'msg', busy: [9499, 11232] });
};

/** The text to sign is the key, and what is signed is nothing: so Feishu has it. */
const signed = (secret: string, seconds: number) => ({
  timestamp: String(seconds),
  sign: createHmac('sha256', `${seconds}\n${secret}`).update('').digest('base64'),
});
