import type { Outcome } from '../../engine/outbox/line';
import type { OutgoingAnswer } from '../../outgoing/outgoing';
import { outcomeOf } from './answer';
import { jsonIn } from './json';

/** What a robot says, and what it means: a code alone, or a code whose words say which of its meanings it has. */
export type Said = number | { code: number; words: RegExp };

/** How a robot says in its body, under status 200, what became of a message. */
export interface RobotAnswers {
  /** Fields of the body. */
  code: string;
  message: string;
  /** Too many, or it is not well: come later. */
  busy: readonly Said[];
  /** It does not take this message; it may take others. */
  content: readonly Said[];
}

const BUSY_MS = 60_000;
/** A robot that is gone, or a secret that is wrong, is mended by people: until then it is asked seldom. */
const DENIED_MS = 15 * 60_000;
const SAID_MAX = 200;

/**
 * Robots of Chinese chats answer 200 to everything; a code of 0 is success, and no code is somebody else's answer. A code
 * that nobody knows is about the robot, and not about the message: nothing is lost by it for a day.
 */
export function robotOutcome(answer: OutgoingAnswer, now: number, known: RobotAnswers): Outcome {
  const outcome = outcomeOf(answer, now);
  if (outcome.kind !== 'sent') return outcome;
  const fields = (jsonIn(answer.body) ?? {}) as Readonly<Record<string, unknown>>;
  const code = fields[known.code];
  if (code === 0) return outcome;
  if (typeof code !== 'number')
    return { kind: 'later', reason: 'its answer is not that of a robot: is it its address?' };
  const said = typeof fields[known.message] === 'string' ? (fields[known.message] as string) : '';
  const is = (one: Said): boolean =>
    typeof one === 'number' ? one === code : one.code === code && one.words.test(said);
  const reason = `it refused with code ${code}${said === '' ? '' : `: ${said.slice(0, SAID_MAX)}`}`;
  if (known.content.some(is)) return { kind: 'refused', reason };
  return { kind: 'later', reason, afterMs: known.busy.some(is) ? BUSY_MS : DENIED_MS };
}
