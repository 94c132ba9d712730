import { z } from 'zod';
import { GantryError } from '../../engine/model/errors';
import type { Identity } from '../../engine/users/identities';
import { HOOK_MOVES_MAX } from '../limits';
import type { ForgeEvent, Move, RawHook } from './forge';

/** A header that was sent once; undefined for one that is missing or empty. */
export function header({ headers }: RawHook, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A delivery's id as a forge writes it: UUIDs, `msg_…`. */
export function idHeader(hook: RawHook, name: string): string | undefined {
  const value = header(hook, name);
  return value !== undefined && /^[\w.:-]{1,200}$/.test(value) ? value : undefined;
}

/** Why an event is not followed. */
export const NO_PUSH = 'only pushes and requests are followed';
/** Most of what happens to a request moves nothing: labels, reviews, titles. */
export const NO_MOVE = 'of requests only that they were opened, moved or closed is followed';

/** The name of an event, harmless to show. */
export function eventHeader(hook: RawHook, name: string): string {
  const value = header(hook, name) ?? '';
  return /^[\w.: -]{1,100}$/.test(value) ? value : 'unnamed';
}

/** A name in a body, as long as one may be to be shown with the reason why it is not followed. */
export const refText = z.string().max(2_000);
export const commit = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
/** Where a ref stands that was deleted. */
export const NOWHERE = '0'.repeat(40);

/** The part of a push that most forges share. */
export const push = z.object({ ref: refText, after: commit });

/** The name of an account. One that is missing, or none, is no reason to refuse a push: then nobody is known to have pushed. */
export const account = z.string().min(1).max(200).optional().catch(undefined);

/** Whoever it is by, as an object of the body with their name in a field. */
export const person = <Field extends string>(field: Field) =>
  z
    .object({ [field]: account } as Record<Field, typeof account>)
    .optional()
    .catch(undefined);

/** @param name as the body has it; undefined: it has none */
export const by = (kind: string, name: string | undefined): Identity | undefined =>
  name === undefined ? undefined : { kind, name };

/** `moved`: a request was opened, or has other commits; `closed`: it was merged or declined. */
export type RequestStep = 'moved' | 'closed';

/** The words of forges that speak of merge requests. */
export const MERGE_STEPS: ReadonlyMap<string, RequestStep> = new Map<string, RequestStep>([
  ['open', 'moved'],
  ['reopen', 'moved'],
  ['update', 'moved'],
  ['close', 'closed'],
  ['merge', 'closed'],
]);

/**
 * What has happened to a pull or merge request, told as a move of the ref where its head is kept.
 * @param step undefined for everything that moves nothing
 */
export function request(
  name: string,
  ref: string,
  step: RequestStep | undefined,
  sender: Identity | undefined,
): ForgeEvent {
  if (step === undefined) return { kind: 'ignored', name, reason: NO_MOVE };
  return moved(name, [{ ref, after: step === 'closed' ? NOWHERE : '' }], sender);
}

/** The number of a request at its forge. */
export const requestNumber = z.int().positive().max(999_999_999);

/** @throws GantryError `hook-moves` when so many refs cannot be stored while the forge waits. */
export function moved(name: string, moves: readonly Move[], sender: Identity | undefined): ForgeEvent {
  if (moves.length === 0) return { kind: 'ignored', name, reason: 'the push names no ref' };
  if (moves.length <= HOOK_MOVES_MAX) return { kind: 'moved', name, moves, sender };
  throw new GantryError(
    'invalid',
    'hook-moves',
    `the push names ${moves.length} refs, and at most ${HOOK_MOVES_MAX} of one push are followed`,
    'push fewer at once',
  );
}

/** What a schema wants of the body; the rest is left out. @throws GantryError `hook-body`. */
export function readAs<T>(schema: z.ZodType<T>, body: Buffer): T {
  const parsed = schema.safeParse(readObject(body));
  if (parsed.success) return parsed.data;
  throw notAPush(parsed.error);
}

function readObject(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw notAPush(error);
  }
}

const notAPush = (cause: unknown): GantryError =>
  new GantryError(
    'invalid',
    'hook-body',
    'the webhook is signed, but its body is not what this event has, in JSON',
    'set the content type of the webhook to application/json',
    { cause },
  );
