import { z } from 'zod';
import type { ForgeEvent, Move, RawHook } from '../forge';
import { by, commit, eventHeader, idHeader, moved, NO_PUSH, NOWHERE, person, readAs, refText } from '../read';

/** The same for each attempt to deliver it. */
export const deliveryId = (hook: RawHook): string | undefined => idHeader(hook, 'x-request-uuid');

export function event(hook: RawHook): ForgeEvent {
  const name = eventHeader(hook, 'x-event-key');
  if (name.startsWith('pullrequest:')) return { kind: 'ignored', name, reason: NO_REF };
  if (name !== 'repo:push') return { kind: 'ignored', name, reason: NO_PUSH };
  const { push: pushed, actor } = readAs(push, hook.body);
  return moved(name, pushed.changes.map(toMove), by('bitbucket', actor?.account_id));
}

const NO_REF = 'Bitbucket Cloud keeps no ref of a pull request; its branch is followed like any other';

const reference = z.object({ type: z.string(), name: refText });
const change = z.union([
  z.object({ new: reference.extend({ target: z.object({ hash: commit }) }) }),
  z.object({ new: z.null(), old: reference }),
]);
/** One push of several refs is one event. Nicknames are anybody's to change; the id of an account stays its own. */
const push = z.object({ push: z.object({ changes: z.array(change) }), actor: person('account_id') });

const toMove = (one: z.infer<typeof change>): Move =>
  one.new === null ? { ref: refOf(one.old), after: NOWHERE } : { ref: refOf(one.new), after: one.new.target.hash };

const FOLDERS: ReadonlyMap<string, string> = new Map([
  ['branch', 'refs/heads'],
  ['tag', 'refs/tags'],
]);

/** Of any other type it is no ref's name, and not followed. */
const refOf = ({ type, name }: z.infer<typeof reference>): string => `${FOLDERS.get(type) ?? type}/${name}`;
