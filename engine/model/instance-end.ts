/** An answer of a health check, and when it was first given. */
export interface HealthSeen {
  /** ms after the question was first asked. */
  afterMs: number;
  /** `503 Service Unavailable`, `connection refused`. */
  words: string;
}

/** More changes than this say no more. */
const ANSWERS_MAX = 20;

/** Notes an answer when it is another one than the last. */
export function noteAnswer(answers: HealthSeen[], words: string, afterMs: number): void {
  if (answers.at(-1)?.words !== words && answers.length < ANSWERS_MAX) answers.push({ afterMs, words });
}

/** How an instance ended that did not get healthy: what a developer needs to see why. */
export interface InstanceEnd {
  name: string;
  /** Null: it still ran. */
  exitCode: number | null;
  outOfMemory: boolean;
  /** Only where the answer changed, oldest first. */
  answers: HealthSeen[];
  /** The end of its output. */
  lastLines: string[];
}

/** What a failed step leaves for people, beside its log. */
export interface StepFailureNote {
  /** One sentence. */
  error: string;
  /** What to do, as whoever failed said it; may be empty. */
  next: string;
  instance: InstanceEnd | null;
}
