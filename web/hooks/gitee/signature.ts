import type { RawHook } from '../forge';
import { hmac256, sameBase64 } from '../hmac';
import { header } from '../read';
import { isRecent } from '../recent';

/**
 * `X-Gitee-Token` of a webhook with a signing key: BASE64 over `X-Gitee-Timestamp` (ms) and the key. It does **not**
 * cover the body: whoever has seen one delivery can send another body with its headers for five minutes. That is worth a
 * look at a ref, and no more, since only the name of the ref is followed. A webhook with a password sends the password
 * itself, for all time: that is no signature.
 */
export function isSigned(hook: RawHook, secret: string, now: number): boolean {
  const time = header(hook, 'x-gitee-timestamp') ?? '';
  if (!/^\d{1,15}$/.test(time)) return false;
  const token = plain(header(hook, 'x-gitee-token') ?? '');
  return sameBase64(token, hmac256(secret, `${time}\n${secret}`)) && isRecent(Number(time), now);
}

/** Gitee's manual escapes it as in an address; what gitee.com sends is not escaped. */
const plain = (token: string): string => token.replaceAll(/%(2b|2f|3d)/gi, (code) => decodeURIComponent(code));
