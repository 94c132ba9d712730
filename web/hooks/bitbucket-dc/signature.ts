import type { RawHook } from '../forge';
import { isHubSigned } from '../hub-signature';

/** `X-Hub-Signature: sha256=HEX`. Its button "Test connection" may send none: that is refused as everything unsigned. */
export const isSigned = (hook: RawHook, secret: string): boolean => isHubSigned(hook, 'x-hub-signature', secret);
