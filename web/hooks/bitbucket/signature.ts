import type { RawHook } from '../forge';
import { isHubSigned } from '../hub-signature';

/** `X-Hub-Signature: sha256=HEX`. GitHub's header of that name is SHA-1, and is none here either. */
export const isSigned = (hook: RawHook, secret: string): boolean => isHubSigned(hook, 'x-hub-signature', secret);
