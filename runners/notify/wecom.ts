import type { Channel } from './channel';
import { postJson } from './post-json';
import { type RobotAnswers, robotOutcome } from './robot';
import { plainText } from './text';

const ANSWERS: RobotAnswers = {
  code: 'errcode',
  message: 'errmsg',
  // -1: busy; 45009, 45033: too many, or too many at once.
  busy: [-1, 45009, 45033],
  // 40058: a text that is too long, or not a text; 44004: an empty one; 45002: too long.
  content: [40058, 44004, 45002],
};

/** A group robot of WeCom: the key in its address is all that it asks for. */
export const wecom: Channel = async ({ message, address }, means) => {
  const body = { msgtype: 'text', text: { content: plainText(message, message.lines) } };
  const answer = await postJson(means, address.to, body);
  return robotOutcome(answer, means.now(), ANSWERS);
};
