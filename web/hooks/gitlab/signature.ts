import type { RawHook } from '../forge';
import { hmac256, sameBase64, sameSecret } from '../hmac';
import { header } from '../read';

/** How far the sender's clock may be from ours, ms (Standard Webhooks). */
const TOLERANCE_MS = 5 * 60_000;
/** Signatures in one header, by spaces: more than one while a key is being replaced. */
const SIGNATURES = /^v\w{1,8},[\w+/=]{1,100}( v\w{1,8},[\w+/=]{1,100}){0,7}$/;

/**
 * `webhook-signature` (Standard Webhooks) wherever it is sent, and then nothing else counts: a right `X-Gitlab-Token`
 * does not excuse a wrong signature. Without it `X-Gitlab-Token`, which is the secret itself. GitLab sends `webhook-id`
 * and `webhook-timestamp` either way.
 */
export function isSigned(hook: RawHook, secret: string, now: number): boolean {
  if (hook.headers['webhook-signature'] !== undefined) return isStandard(hook, secret, now);
  return sameSecret(header(hook, 'x-gitlab-token') ?? '', secret);
}

function isStandard(hook: RawHook, secret: string, now: number): boolean {
  const id = header(hook, 'webhook-id') ?? '';
  const time = header(hook, 'webhook-timestamp') ?? '';
  const signatures = header(hook, 'webhook-signature') ?? '';
  if (id === '' || !/^\d{1,12}$/.test(time) || !SIGNATURES.test(signatures)) return false;
  const wanted = hmac256(keyOf(secret), `${id}.${time}.`, hook.body);
  const right = signatures
    .split(' ')
    .some((text) => text.startsWith('v1,') && sameBase64(text.slice('v1,'.length), wanted));
  return right && Math.abs(now - Number(time) * 1000) <= TOLERANCE_MS;
}

/** `whsec_BASE64` stands for the bytes; any other text for itself. */
const keyOf = (secret: string): Buffer =>
  secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
