import type { Channel } from './channel';
import { postJson } from './post-json';
import { robotOutcome } from './robot';
import { plainText } from './text';

/** A group robot of WeCom: the key in its address is all that it asks for. */
export const wecom: Channel = async ({ message, address }, means) => {
  const body = { msgtype: 'text', text: { content: plainText(message, message.lines) } };
  const answer = await postJson(means, address.to, body);
  return robotOutcome(answer, means.now(), { code: 'errcode', message: 'errmsg', busy: [45009, -1] });
};
