import type { RawHook } from './forge';
import { hmac256, sameHex } from './hmac';
import { header } from './read';

/** `sha256=HEX` over the body, in the header of this name. With any other word before it (`sha1=…`) it is none. */
export function isHubSigned(hook: RawHook, name: string, secret: string): boolean {
  const [, hex = ''] = /^sha256=(.*)$/.exec(header(hook, name) ?? '') ?? [];
  return sameHex(hex, hmac256(secret, hook.body));
}
