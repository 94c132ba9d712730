import { createHash } from 'node:crypto';
import type { ForgeEvent, RawHook } from '../forge';
import { eventHeader, header, idHeader, NO_PUSH, readPush } from '../read';

const PUSHES = ['Push Hook', 'Tag Push Hook'];

/**
 * Gitee names no delivery: its time and its bytes do. A redelivery from Gitee's page has another time, is a new one, and
 * finds nothing new.
 */
export function deliveryId(hook: RawHook): string | undefined {
  const time = idHeader(hook, 'x-gitee-timestamp');
  return time && `${time}-${createHash('sha256').update(hook.body).digest('hex').slice(0, 32)}`;
}

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, 'x-gitee-event');
  if (header(hook, 'x-gitee-ping') === 'true') {
    return { kind: 'ignored', name, reason: 'Gitee tried the webhook: it works' };
  }
  return PUSHES.includes(name) ? readPush(name, hook.body) : { kind: 'ignored', name, reason: NO_PUSH };
}
