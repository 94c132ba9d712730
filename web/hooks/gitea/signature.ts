import type { RawHook } from '../forge';
import { hmac256, sameHex } from '../hmac';
import { header } from '../read';

/** Forgejo sends each header twice, under its own name and Gitea's: where its own is there, the other is not looked at. */
export const own = ({ headers }: RawHook, what: 'signature' | 'delivery' | 'event'): string =>
  headers['x-forgejo-signature'] === undefined ? `x-gitea-${what}` : `x-forgejo-${what}`;

/** `X-Forgejo-Signature` or `X-Gitea-Signature`: hex alone. The headers of GitHub that both send beside it do not count. */
export function isSigned(hook: RawHook, secret: string): boolean {
  return sameHex(header(hook, own(hook, 'signature')) ?? '', hmac256(secret, hook.body));
}
