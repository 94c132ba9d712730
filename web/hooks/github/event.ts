import type { ForgeEvent, RawHook } from '../forge';
import { eventHeader, idHeader, readMove } from '../read';

export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, 'x-github-delivery');

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, 'x-github-event');
  if (name === 'push') return { kind: 'moved', name, ...readMove(hook.body) };
  const reason = name === 'ping' ? 'GitHub tried the webhook: it works' : 'only pushes are followed';
  return { kind: 'ignored', name, reason };
}
