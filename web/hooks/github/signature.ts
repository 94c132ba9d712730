import type { RawHook } from '../forge';
import { isHubSigned } from '../hub-signature';

/** `X-Hub-Signature-256: sha256=HEX`. The older `X-Hub-Signature` is SHA-1 and is not looked at. */
export const isSigned = (hook: RawHook, secret: string): boolean => isHubSigned(hook, 'x-hub-signature-256', secret);
