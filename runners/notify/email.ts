import { messageOf } from '../../engine/model/errors';
import type { Outcome } from '../../engine/outbox/line';
import type { Channel } from './channel';
import { plainText } from './text';

/** Mail to people or lists. */
export const email: Channel = async ({ id, message, address }, { mailer }) => {
  if (mailer === undefined) return { kind: 'later', reason: 'no mail server is set: GANTRY_SMTP_URL' };
  try {
    await mailer.send({
      to: address.to,
      subject: message.title,
      text: plainText(message, message.lines),
      id: `${id}@gantry`,
    });
    return { kind: 'sent' };
  } catch (error) {
    return failed(error);
  }
};

/** 5xx is for good (RFC 5321), except at the door: a wrong password or a server that refuses us now may be mended. */
function failed(error: unknown): Outcome {
  const { responseCode = 0, command = '' } = error as { responseCode?: number; command?: string };
  const ofThis = responseCode >= 500 && ['RCPT TO', 'DATA', 'MAIL FROM'].includes(command);
  return { kind: ofThis ? 'refused' : 'later', reason: `the mail server: ${messageOf(error)}` };
}
