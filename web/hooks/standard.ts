import type { RawHook } from './forge';
import { hmac256, sameBase64 } from './hmac';
import { header } from './read';
import { isRecent } from './recent';

/** Signatures in one header, by spaces: more than one while a key is being replaced. */
const SIGNATURES = /^v\w{1,8},[\w+/=]{1,100}( v\w{1,8},[\w+/=]{1,100}){0,7}$/;

/** Standard Webhooks: `webhook-signature: v1,BASE64` over `webhook-id`, `webhook-timestamp` (s) and the body. */
export function isStandardSigned(hook: RawHook, secret: string, now: number): boolean {
  const id = header(hook, 'webhook-id') ?? '';
  const time = header(hook, 'webhook-timestamp') ?? '';
  const signatures = header(hook, 'webhook-signature') ?? '';
  if (id === '' || !/^\d{1,12}$/.test(time) || !SIGNATURES.test(signatures)) return false;
  const wanted = hmac256(keyOf(secret), `${id}.${time}.`, hook.body);
  const right = signatures
    .split(' ')
    .some((text) => text.startsWith('v1,') && sameBase64(text.slice('v1,'.length), wanted));
  return right && isRecent(Number(time) * 1_000, now);
}

/** `whsec_BASE64` stands for the bytes; any other text for itself. */
const keyOf = (secret: string): Buffer =>
  secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
