import { GantryError } from '../model/errors';
import { SESSION_TAKE_MS } from '../model/session-limits';
import type { Actor, EngineParts } from '../parts';
import type { Frame } from '../ports/exchange';
import { endSession } from './end';
import type { SessionOpened } from './open';

type End = Extract<Frame, { type: 'end' }>;

/**
 * Waits until a runner carries the session.
 * @returns the frames that follow
 * @throws GantryError `no-runner` when none took it in time, or with the runner's words why it could not.
 */
export async function meetInstance(
  parts: EngineParts,
  { id, channel, instance }: SessionOpened,
  actor: Actor,
): Promise<AsyncIterable<Frame>> {
  const frames = channel.frames();
  const iterator = frames[Symbol.asyncIterator]();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), SESSION_TAKE_MS);
  });
  const first = await Promise.race([iterator.next(), late]);
  clearTimeout(timer);
  if (first !== 'late' && first.done !== true && first.value.type === 'open')
    return { [Symbol.asyncIterator]: () => iterator };
  await channel.close();
  if (first !== 'late' && first.done !== true && first.value.type === 'end') throw refusalOf(first.value);
  await endSession(parts, id, { exitCode: null, reason: 'no runner took it' }, actor);
  throw new GantryError(
    'unavailable',
    'no-runner',
    `no runner that reaches ${instance.name} answered within ${SESSION_TAKE_MS / 1000} s`,
    'see whether one is there: gantry doctor',
  );
}

/** The runner's refusal, in its own words. */
export const refusalOf = ({ code, reason, next }: End): GantryError =>
  new GantryError('conflict', code || 'session-ended', reason, next);
