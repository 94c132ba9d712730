import type { ForgeEvent, RawHook } from '../forge';
import { eventHeader, idHeader, readMove } from '../read';
import { own } from './signature';

export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, own(hook, 'delivery'));

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, own(hook, 'event'));
  if (name === 'push') return { kind: 'moved', name, ...readMove(hook.body) };
  return { kind: 'ignored', name, reason: 'only pushes are followed' };
}
