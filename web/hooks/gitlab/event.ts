import { z } from 'zod';
import type { ForgeEvent, RawHook } from '../forge';
import { eventHeader, idHeader, MERGE_STEPS, NO_PUSH, readAs, readPush, request, requestNumber } from '../read';

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
  if (name !== 'Merge Request Hook') return { kind: 'ignored', name, reason: NO_PUSH };
  const { iid, action = '', oldrev } = readAs(merge, hook.body).object_attributes;
  // An update without an older head changed a title, a label, a reviewer.
  const step = action === 'update' && oldrev === undefined ? undefined : MERGE_STEPS.get(action);
  return request(name, `refs/merge-requests/${iid}/head`, step);
}

const merge = z.object({
  object_attributes: z.object({ iid: requestNumber, action: z.string().optional(), oldrev: z.string().optional() }),
});
