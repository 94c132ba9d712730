import type { ForgeEvent, RawHook } from '../forge';
import { eventHeader, idHeader, NO_PUSH, readPush } from '../read';

export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, 'x-github-delivery');

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, 'x-github-event');
  if (name === 'push') return readPush(name, hook.body);
  const reason = name === 'ping' ? 'GitHub tried the webhook: it works' : NO_PUSH;
  return { kind: 'ignored', name, reason };
}
