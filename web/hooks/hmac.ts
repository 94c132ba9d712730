import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export const hmac256 = (key: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHmac('sha256', key)).digest();

/** Compares texts of any length in a time that tells nothing about where they differ. */
export const sameSecret = (given: string, wanted: string): boolean =>
  timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(wanted).digest());

/** Is `text` the hex form of these 32 bytes? */
export function sameHex(text: string, wanted: Buffer): boolean {
  return /^[0-9a-f]{64}$/.test(text) && timingSafeEqual(Buffer.from(text, 'hex'), wanted);
}

/** Is `text` the base64 form of these 32 bytes? */
export function sameBase64(text: string, wanted: Buffer): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(text) && timingSafeEqual(Buffer.from(text, 'base64'), wanted);
}
