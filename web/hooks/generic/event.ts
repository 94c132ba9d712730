import type { ForgeEvent, RawHook } from '../forge';
import { account, by, idHeader, moved, push, readAs } from '../read';

/** It is signed. */
export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, 'webhook-id');

/** There is one event: `{ "ref": "refs/heads/main", "after": "COMMIT" }`, perhaps with the address of who pushed. */
export function event(hook: RawHook): ForgeEvent {
  const { sender, ...move } = readAs(push.extend({ sender: account }), hook.body);
  return moved('push', [move], by('email', sender));
}
