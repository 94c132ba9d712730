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
import { own } from './signature';

export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, own(hook, 'delivery'));

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, own(hook, 'event'));
  // Forgejo's own header, where there is one.
  const kind = own(hook, 'event') === 'x-forgejo-event' ? 'forgejo' : 'gitea';
  if (name === 'push') {
    const { sender, ...move } = readAs(push.extend(who), hook.body);
    return moved(name, [move], by(kind, sender?.login));
  }
  if (name !== 'pull_request' && name !== 'pull_request_sync') return { kind: 'ignored', name, reason: NO_PUSH };
  const { action, number, sender } = readAs(pull, hook.body);
  return request(name, `refs/pull/${number}/head`, STEPS.get(action), by(kind, sender?.login));
}

const who = { sender: person('login') };
const pull = z.object({ action: z.string(), number: requestNumber, ...who });

const STEPS: ReadonlyMap<string, RequestStep> = new Map<string, RequestStep>([
  ['opened', 'moved'],
  ['reopened', 'moved'],
  ['synchronized', 'moved'],
  ['closed', 'closed'],
]);
