import { createTransport } from 'nodemailer';
import { DELIVERY_MS, MAIL_MS } from './limits';

export interface Mail {
  to: string;
  subject: string;
  text: string;
  /** `Message-ID`, without its brackets: the same for a repetition. */
  id: string;
}

export interface Mailer {
  /** @throws as the server or the way to it says */
  send(mail: Mail): Promise<void>;
}

/**
 * Sends by one mail server.
 * @param url `smtp://user:password@host:587`, or `smtps://` for TLS from the beginning
 * @param from whose name the mail carries: `Gantry <gantry@bank.example>`
 * @param ca authorities that its certificate is checked with; the machine's when left out
 * @param mailMs what one mail may take in all: a server that says a little every few seconds is never silent
 */
export function smtpMailer(url: string, from: string, ca?: readonly string[], mailMs = MAIL_MS): Mailer {
  const limits = { connectionTimeout: DELIVERY_MS, greetingTimeout: DELIVERY_MS, socketTimeout: DELIVERY_MS };
  // A password goes over no line that anybody between can read.
  const requireTLS = new URL(url).password !== '';
  const tls = ca === undefined ? {} : { tls: { ca: [...ca] } };
  const transport = createTransport({
    url,
    ...limits,
    ...tls,
    requireTLS,
    socketCloseTimeout: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ to, subject, text, id }) => {
      const limit = AbortSignal.timeout(mailMs);
      const mail = { from, to, subject, text, messageId: `<${id}>`, headers: AUTOMATIC, signal: limit };
      try {
        await transport.sendMail(mail);
      } catch (error) {
        if (!limit.aborted) throw error;
        throw new Error(`it did not take the mail within ${mailMs / 1000} s`, { cause: error });
      }
    },
  };
}

/** No out-of-office notes, please (RFC 3834). */
const AUTOMATIC = { 'Auto-Submitted': 'auto-generated' };
