import { setTimeout as pause } from 'node:timers/promises';
import { Connection, monotonicNow } from '../load/connection';

/** One webhook to be sent. */
export interface Letter {
  delivery: string;
  request: Buffer;
}

/** What became of all of them. */
export interface Sent {
  /** Deliveries that were answered with 2xx, each once. */
  accepted: string[];
  /** From the first attempt's first byte to the first byte of the 2xx, ms: what a kill costs is in it. */
  times: number[];
  /** From the first byte that was sent to the last answer, seconds. */
  seconds: number;
  /** Attempts that nobody answered: sent again, as a forge's redelivery. */
  again: number;
  /** Answers that were no 2xx, by status; those are sent again as well. */
  refused: Map<number, number>;
}

/** Before the same is sent again. */
const AGAIN_MS = 20;
/** Whoever was not accepted by then is given up; then it is missing in `accepted`. */
const GIVE_UP_MS = 60_000;

/**
 * Sends all of them over so many kept connections, the next one when the last was answered.
 * @param accepted is told how many were accepted so far, after each
 */
export async function send(
  target: { host: string; port: number },
  letters: readonly Letter[],
  connections: number,
  accepted: (count: number) => void = () => undefined,
): Promise<Sent> {
  const sent: Sent = { accepted: [], times: [], seconds: 0, again: 0, refused: new Map() };
  const began = monotonicNow();
  let next = 0;
  const loop = async (): Promise<void> => {
    const connection = new Connection(target, true);
    for (let letter = letters[next++]; letter !== undefined; letter = letters[next++]) {
      const took = await sendOne(connection, letter, sent);
      if (took === undefined) continue;
      sent.accepted.push(letter.delivery);
      sent.times.push(took);
      accepted(sent.accepted.length);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, loop));
  sent.seconds = (monotonicNow() - began) / 1000;
  return sent;
}

/** @returns ms until it was accepted; undefined when it was given up */
async function sendOne(connection: Connection, { request }: Letter, sent: Sent): Promise<number | undefined> {
  const began = monotonicNow();
  while (monotonicNow() - began < GIVE_UP_MS) {
    const asked = await connection.send(request);
    if (asked.ok) {
      const { status } = asked.answer;
      if (status >= 200 && status < 300) return asked.firstByteAt - began;
      sent.refused.set(status, (sent.refused.get(status) ?? 0) + 1);
    } else sent.again += 1;
    await pause(AGAIN_MS);
  }
  return undefined;
}
