import { z } from 'zod';
import type { ForgeEvent, RawHook } from '../forge';
import {
  by,
  eventHeader,
  idHeader,
  moved,
  NO_PUSH,
  person,
  push,
  type RequestStep,
  readAs,
  request,
  requestNumber,
} from '../read';

export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, 'x-github-delivery');

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, 'x-github-event');
  if (name === 'push') {
    const { sender, ...move } = readAs(push.extend(who), hook.body);
    return moved(name, [move], by('github', sender?.login));
  }
  if (name === 'pull_request') {
    const { action, number, sender } = readAs(pull, hook.body);
    return request(name, `refs/pull/${number}/head`, STEPS.get(action), by('github', sender?.login));
  }
  const reason = name === 'ping' ? 'GitHub tried the webhook: it works' : NO_PUSH;
  return { kind: 'ignored', name, reason };
}

const who = { sender: person('login') };
const pull = z.object({ action: z.string(), number: requestNumber, ...who });

const STEPS: ReadonlyMap<string, RequestStep> = new Map<string, RequestStep>([
  ['opened', 'moved'],
  ['reopened', 'moved'],
  ['synchronize', 'moved'],
  ['closed', 'closed'],
]);
