import type { Outcome } from '../../engine/outbox/line';
import type { OutgoingAnswer } from '../../outgoing/outgoing';
import { outcomeOf } from './answer';
import { jsonIn } from './json';

/** How a robot says in its body, under status 200, what became of a message. */
export interface RobotAnswers {
  code: string;
  message: string;
  /** Codes that say: too many, come later. */
  busy: readonly number[];
}

const BUSY_MS = 60_000;

/** Robots of Chinese chats answer 200 to everything; a code of 0 is success, and no code is somebody else's answer. */
export function robotOutcome(answer: OutgoingAnswer, now: number, known: RobotAnswers): Outcome {
  const outcome = outcomeOf(answer, now);
  if (outcome.kind !== 'sent') return outcome;
  const fields = (jsonIn(answer.body) ?? {}) as Readonly<Record<string, unknown>>;
  const code = fields[known.code];
  if (code === 0) return outcome;
  if (typeof code !== 'number')
    return { kind: 'later', reason: 'its answer is not that of a robot: is it its address?' };
  const said = fields[known.message];
  const reason = `it refused with code ${code}${typeof said === 'string' ? `: ${said}` : ''}`;
  return { kind: 'later', reason, ...(known.busy.includes(code) ? { afterMs: BUSY_MS } : {}) };
}
