import { z } from 'zod';
import type { ForgeEvent, RawHook } from '../forge';
import {
  by,
  commit,
  eventHeader,
  idHeader,
  moved,
  NO_PUSH,
  person,
  type RequestStep,
  readAs,
  refText,
  request,
  requestNumber,
} from '../read';

export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, 'x-request-id');

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, 'x-event-key');
  if (name === 'diagnostics:ping') return { kind: 'ignored', name, reason: 'Bitbucket tried the webhook: it works' };
  if (name.startsWith('pr:')) {
    const { pullRequest, actor } = readAs(pull, hook.body);
    return request(name, `refs/pull-requests/${pullRequest.id}/from`, STEPS.get(name), by('bitbucket-dc', actor?.name));
  }
  if (name !== 'repo:refs_changed') return { kind: 'ignored', name, reason: NO_PUSH };
  const { changes, actor } = readAs(push, hook.body);
  return moved(
    name,
    changes.map(({ ref, toHash }) => ({ ref: ref.id, after: toHash })),
    by('bitbucket-dc', actor?.name),
  );
}

/** One push of several refs is one event. */
const who = { actor: person('name') };
const push = z.object({ changes: z.array(z.object({ ref: z.object({ id: refText }), toHash: commit })), ...who });

const pull = z.object({ pullRequest: z.object({ id: requestNumber }), ...who });

const STEPS: ReadonlyMap<string, RequestStep> = new Map<string, RequestStep>([
  ['pr:opened', 'moved'],
  ['pr:reopened', 'moved'],
  ['pr:from_ref_updated', 'moved'],
  ['pr:declined', 'closed'],
  ['pr:merged', 'closed'],
  ['pr:deleted', 'closed'],
]);
