import type { RawHook } from '../forge';
import { sameSecret } from '../hmac';
import { header } from '../read';
import { isStandardSigned } from '../standard';

/**
 * `webhook-signature` (Standard Webhooks) wherever it is sent, and then nothing else counts: a right `X-Gitlab-Token`
 * does not excuse a wrong signature. Without it `X-Gitlab-Token`, which is the secret itself. GitLab sends `webhook-id`
 * and `webhook-timestamp` either way.
 */
export function isSigned(hook: RawHook, secret: string, now: number): boolean {
  if (hook.headers['webhook-signature'] !== undefined) return isStandardSigned(hook, secret, now);
  return sameSecret(header(hook, 'x-gitlab-token') ?? '', secret);
}
