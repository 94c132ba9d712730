import type { ForgeEvent, RawHook } from '../forge';
import { idHeader, readPush } from '../read';

/** It is signed. */
export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, 'webhook-id');

/** There is one event: `{ "ref": "refs/heads/main", "after": "COMMIT" }`. */
export const event = (hook: RawHook): ForgeEvent => readPush('push', hook.body);
