import type { RawHook } from '../forge';
import { hmac256, sameHex } from '../hmac';
import { header } from '../read';

/** `X-Hub-Signature-256: sha256=HEX`. The older `X-Hub-Signature` is SHA-1 and is not looked at. */
export function isSigned(hook: RawHook, secret: string): boolean {
  const [, hex = ''] = /^sha256=(.*)$/.exec(header(hook, 'x-hub-signature-256') ?? '') ?? [];
  return sameHex(hex, hmac256(secret, hook.body));
}
