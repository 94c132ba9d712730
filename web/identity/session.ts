import { createHmac, timingSafeEqual } from 'node:crypto';
import { SESSION_MS } from '../limits';

/**
 * Browser sessions without a table: the cookie holds the hash of the token that was shown, when, and a signature.
 * The hash is looked up at each request, so a token that is taken back ends its sessions, too.
 */
export interface Sessions {
  /** The cookie's value for somebody who has just shown a token. */
  begin(tokenHash: string): string;
  /** The token's hash; undefined for a forged, damaged or old cookie. */
  open(cookie: string): string | undefined;
  /** What a form of this session must carry. */
  formToken(cookie: string): string;
  /** Does the form carry it? In constant time. */
  isFormToken(cookie: string, given: string): boolean;
}

/** @param secret hex, kept by the installation, so that a restart ends no session */
export function openSessions(secret: string, now: () => number): Sessions {
  const sign = (purpose: string, text: string) =>
    createHmac('sha256', Buffer.from(secret, 'hex')).update(`${purpose}\n${text}`).digest('base64url');
  const formToken = (cookie: string) => sign('form', cookie);
  return {
    begin: (tokenHash) => {
      const text = `${tokenHash}.${now()}`;
      return `${text}.${sign('session', text)}`;
    },
    open: (cookie) => {
      const match = /^(([0-9a-f]{64})\.(\d{13}))\.([\w-]{43})$/.exec(cookie);
      if (match === null) return undefined;
      const [, text = '', hash = '', at = '', signature = ''] = match;
      if (!sameText(signature, sign('session', text))) return undefined;
      return now() - Number(at) > SESSION_MS ? undefined : hash;
    },
    formToken,
    isFormToken: (cookie, given) => sameText(given, formToken(cookie)),
  };
}

/** Equal? The time taken does not tell where they differ. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
