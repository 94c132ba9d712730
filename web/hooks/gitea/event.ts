import { z } from 'zod';
import type { ForgeEvent, RawHook } from '../forge';
import { eventHeader, idHeader, NO_PUSH, type RequestStep, readAs, readPush, request, requestNumber } from '../read';
import { own } from './signature';

export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, own(hook, 'delivery'));

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, own(hook, 'event'));
  if (name === 'push') return readPush(name, hook.body);
  if (name !== 'pull_request' && name !== 'pull_request_sync') return { kind: 'ignored', name, reason: NO_PUSH };
  const { action, number } = readAs(pull, hook.body);
  return request(name, `refs/pull/${number}/head`, STEPS.get(action));
}

const pull = z.object({ action: z.string(), number: requestNumber });

const STEPS: ReadonlyMap<string, RequestStep> = new Map<string, RequestStep>([
  ['opened', 'moved'],
  ['reopened', 'moved'],
  ['synchronized', 'moved'],
  ['closed', 'closed'],
]);
