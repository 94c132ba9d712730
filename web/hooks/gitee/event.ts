import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ForgeEvent, RawHook } from '../forge';
import { eventHeader, header, idHeader, MERGE_STEPS, NO_PUSH, readAs, readPush, request, requestNumber } from '../read';

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
  if (PUSHES.includes(name)) return readPush(name, hook.body);
  if (name !== 'Merge Request Hook') return { kind: 'ignored', name, reason: NO_PUSH };
  const { action, action_desc, number } = readAs(merge, hook.body);
  // Of the updates only that of the branch brings other commits.
  const step = action === 'update' && action_desc !== 'source_branch_changed' ? undefined : MERGE_STEPS.get(action);
  return request(name, `refs/pull/${number}/head`, step);
}

const merge = z.object({ action: z.string(), action_desc: z.string().nullish(), number: requestNumber });
