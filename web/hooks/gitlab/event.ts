import type { ForgeEvent, RawHook } from '../forge';
import { eventHeader, idHeader, NO_PUSH, readPush } from '../read';

const PUSHES = ['Push Hook', 'Tag Push Hook'];

/** A signed delivery has a signed id, and only that one counts. */
export function deliveryId(hook: RawHook): string | undefined {
  if (hook.headers['webhook-signature'] !== undefined) return idHeader(hook, 'webhook-id');
  const names = ['idempotency-key', 'webhook-id', 'x-gitlab-event-uuid'];
  return names.map((name) => idHeader(hook, name)).find((id) => id !== undefined);
}

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, 'x-gitlab-event');
  if (PUSHES.includes(name)) return readPush(name, hook.body);
  return { kind: 'ignored', name, reason: NO_PUSH };
}
