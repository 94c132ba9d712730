import { createHmac } from 'node:crypto';
import type { Channel } from './channel';
import { postJson } from './post-json';
import { type RobotAnswers, robotOutcome } from './robot';
import { plainText } from './text';

const ANSWERS: RobotAnswers = {
  code: 'code',
  message: 'msg',
  // 11232, 11233: too many, of this bot or of the tenant; 9499 says so only in its words.
  busy: [11232, 11233, { code: 9499, words: /too many/i }],
  // 19024: none of its keywords; 11246, 9499: the body is not what it takes.
  content: [19024, 11246, { code: 9499, words: /bad request/i }],
};

/** A custom bot of Feishu or Lark, with a signature when it has a secret. */
export const feishu: Channel = async ({ message, address }, means) => {
  const now = means.now();
  const body = {
    ...(address.secret === null ? {} : signed(address.secret, Math.floor(now / 1000))),
    msg_type: 'text',
    content: { text: plainText(message, message.lines) },
  };
  const answer = await postJson(means, address.to, body);
  return robotOutcome(answer, now, ANSWERS);
};

/** The text to sign is the key, and what is signed is nothing: so Feishu has it. */
const signed = (secret: string, seconds: number) => ({
  timestamp: String(seconds),
  sign: createHmac('sha256', `${seconds}\n${secret}`).update('').digest('base64'),
});
