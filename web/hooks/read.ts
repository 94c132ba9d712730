import { z } from 'zod';
import { GantryError } from '../../engine/model/errors';
import type { RawHook } from './forge';

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

/** The name of an event, harmless to show. */
export function eventHeader(hook: RawHook, name: string): string {
  const value = header(hook, name) ?? '';
  return /^[\w. -]{1,100}$/.test(value) ? value : 'unnamed';
}

/** The part of a push that all forges share. Whatever else is in it is not looked at. */
const push = z.object({
  ref: z.string().max(2_000),
  after: z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/),
});

/** @throws GantryError `hook-body`. */
export function readMove(body: Buffer): { ref: string; after: string } {
  const parsed = push.safeParse(readObject(body));
  if (parsed.success) return parsed.data;
  throw notAPush(parsed.error);
}

/** @throws GantryError `hook-body`. */
export function readObject(body: Buffer): unknown {
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
    'the webhook is signed, but its body is no push in JSON',
    'set the content type of the webhook to application/json',
    { cause },
  );
