import { createHmac, timingSafeEqual } from 'node:crypto';

/** Forms of a page belong to the session that they were shown in: a form of another site, or of another person, does not. */
export interface FormTokens {
  /** What a form of this session must carry. */
  of(session: string): string;
  /** Does the form carry it? In constant time. */
  isOf(session: string, given: string): boolean;
}

/** @param secret hex, kept by the installation, so that a restart spoils no form */
export function formTokens(secret: string): FormTokens {
  const key = Buffer.from(secret, 'hex');
  const of = (session: string) => createHmac('sha256', key).update(`form\n${session}`).digest('base64url');
  return { of, isOf: (session, given) => sameText(given, of(session)) };
}

/** Equal? The time taken does not tell where they differ. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
