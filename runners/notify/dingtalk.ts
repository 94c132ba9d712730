import { createHmac } from 'node:crypto';
import type { Channel } from './channel';
import { postJson } from './post-json';
import { type RobotAnswers, robotOutcome } from './robot';
import { plainText } from './text';

/** 310000 is what its security settings say, of which only the keywords are about the message. */
const ANSWERS: RobotAnswers = {
  code: 'errcode',
  message: 'errmsg',
  // -1: busy; 130101, 410100: too fast.
  busy: [-1, 130101, 410100],
  // 430101-430104: links, words or pictures that it does not let through; 460101: too long.
  content: [430101, 430102, 430103, 430104, 460101, { code: 310000, words: /keywords? not in content|关键词不匹配/i }],
};

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
  return robotOutcome(answer, now, ANSWERS);
};

const signature = (secret: string, now: number): string =>
  createHmac('sha256', secret).update(`${now}\n${secret}`).digest('base64');
