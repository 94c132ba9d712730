import { z } from 'zod';
import type { ForgeEvent, RawHook } from '../forge';
import {
  account,
  by,
  eventHeader,
  idHeader,
  MERGE_STEPS,
  moved,
  NO_PUSH,
  person,
  push,
  readAs,
  request,
  requestNumber,
} from '../read';

const PUSHES = ['Push Hook', 'Tag Push Hook'];

/** A signed delivery has a signed id, and only that one counts. */
export function deliveryId(hook: RawHook): string | undefined {
  if (hook.headers['webhook-signature'] !== undefined) return idHeader(hook, 'webhook-id');
  const names = ['idempotency-key', 'webhook-id', 'x-gitlab-event-uuid'];
  return names.map((name) => idHeader(hook, name)).find((id) => id !== undefined);
}

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, 'x-gitlab-event');
  if (PUSHES.includes(name)) {
    const { user_username, ...move } = readAs(pushed, hook.body);
    return moved(name, [move], by('gitlab', user_username));
  }
  if (name !== 'Merge Request Hook') return { kind: 'ignored', name, reason: NO_PUSH };
  const { object_attributes, user } = readAs(merge, hook.body);
  const { iid, action = '', oldrev } = object_attributes;
  // An update without an older head changed a title, a label, a reviewer.
  const step = action === 'update' && oldrev === undefined ? undefined : MERGE_STEPS.get(action);
  return request(name, `refs/merge-requests/${iid}/head`, step, by('gitlab', user?.username));
}

const pushed = push.extend({ user_username: account });

const merge = z.object({
  user: person('username'),
  object_attributes: z.object({ iid: requestNumber, action: z.string().optional(), oldrev: z.string().optional() }),
});
