import { messageOf } from '../../engine/model/errors';
import type { Outcome } from '../../engine/outbox/line';

/** What waits for receivers, `to` each of which one thing is sent at a time. */
export interface Waiting<Receiver, Taken> {
  to(): Promise<readonly Receiver[]>;
  /** The next thing for it; undefined when there is none now. */
  take(receiver: Receiver): Promise<Taken | undefined>;
  /** @throws what the way to it says: then it is tried again */
  send(taken: Taken): Promise<Outcome>;
  settle(taken: Taken, outcome: Outcome): Promise<void>;
}

/** Things for one receiver in one turn: what happens meanwhile comes in between. */
const AT_ONCE = 20;

/**
 * Sends what waits, several receivers side by side: one that hangs holds up no other for longer than its time limit.
 * @param signal aborts when the runner is to stop: what has not begun waits for the next life
 */
export async function sendWaiting<R, T>(waiting: Waiting<R, T>, signal: AbortSignal): Promise<void> {
  const receivers = await waiting.to();
  const ends = await Promise.allSettled(receivers.map((receiver) => sendAll(waiting, receiver, signal)));
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}

async function sendAll<R, T>(waiting: Waiting<R, T>, receiver: R, signal: AbortSignal): Promise<void> {
  for (let sent = 0; sent < AT_ONCE && !signal.aborted; sent++) {
    const taken = await waiting.take(receiver);
    if (taken === undefined) return;
    const outcome = await tried(waiting, taken);
    await waiting.settle(taken, outcome);
    if (outcome.kind === 'later') return;
  }
}

async function tried<R, T>(waiting: Waiting<R, T>, taken: T): Promise<Outcome> {
  try {
    return await waiting.send(taken);
  } catch (error) {
    return { kind: 'later', reason: messageOf(error) };
  }
}
