import { z } from 'zod';
import type { ForgeEvent, RawHook } from '../forge';
import { eventHeader, idHeader, NO_PUSH, type RequestStep, readAs, readPush, request, requestNumber } from '../read';

export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, 'x-github-delivery');

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, 'x-github-event');
  if (name === 'push') return readPush(name, hook.body);
  if (name === 'pull_request') {
    const { action, number } = readAs(pull, hook.body);
    return request(name, `refs/pull/${number}/head`, STEPS.get(action));
  }
  const reason = name === 'ping' ? 'GitHub tried the webhook: it works' : NO_PUSH;
  return { kind: 'ignored', name, reason };
}

const pull = z.object({ action: z.string(), number: requestNumber });

const STEPS: ReadonlyMap<string, RequestStep> = new Map<string, RequestStep>([
  ['opened', 'moved'],
  ['reopened', 'moved'],
  ['synchronize', 'moved'],
  ['closed', 'closed'],
]);
