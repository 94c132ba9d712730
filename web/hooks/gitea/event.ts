import type { ForgeEvent, RawHook } from '../forge';
import { eventHeader, idHeader, NO_PUSH, readPush } from '../read';
import { own } from './signature';

export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, own(hook, 'delivery'));

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, own(hook, 'event'));
  if (name === 'push') return readPush(name, hook.body);
  return { kind: 'ignored', name, reason: NO_PUSH };
}
