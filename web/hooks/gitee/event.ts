import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ForgeEvent, RawHook } from '../forge';
import {
  by,
  eventHeader,
  header,
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
  if (PUSHES.includes(name)) {
    const { sender, ...move } = readAs(push.extend(who), hook.body);
    return moved(name, [move], by('gitee', sender?.login));
  }
  if (name !== 'Merge Request Hook') return { kind: 'ignored', name, reason: NO_PUSH };
  const { action, action_desc, number, sender } = readAs(merge, hook.body);
  // Of the updates only that of the branch brings other commits.
  const step = action === 'update' && action_desc !== 'source_branch_changed' ? undefined : MERGE_STEPS.get(action);
  return request(name, `refs/pull/${number}/head`, step, by('gitee', sender?.login));
}

/** `user_name` is what people call themselves; only the login is theirs alone. */
const who = { sender: person('login') };
const merge = z.object({ action: z.string(), action_desc: z.string().nullish(), number: requestNumber, ...who });
