import { setTimeout as wait } from 'node:timers/promises';
import { failure } from '../errors';
import { type Client, path } from './client';
import type { RetentionPass } from './types';

const LOOK_MS = 250;
/** A runner looks for passes every two seconds; it may be in the middle of another one. */
const BEGIN_MS = 60_000;

/**
 * Asks for a pass of retention and waits until it has ended.
 * @throws CommandError `pass-failed`, `pass-not-begun`
 */
export async function passOf(client: Client, kind: RetentionPass['kind'], now: () => number): Promise<RetentionPass> {
  let pass = await client.post<RetentionPass>('/retention', { kind });
  const until = now() + BEGIN_MS;
  while (pass.endedAt === null) {
    if (pass.state === 'asked' && now() > until) {
      const message = 'no runner has begun to look for what is over; it will be done as soon as one does';
      throw failure('pass-not-begun', message, 'see gantry status');
    }
    await wait(LOOK_MS);
    pass = await client.get<RetentionPass>(path`/retention/passes/${pass.id}`);
  }
  if (pass.state === 'done') return pass;
  throw failure(
    'pass-failed',
    `not everything was looked at: ${pass.reason}`,
    'mend it, then run the same command again',
  );
}
