/** The five moments of an effect, and of what has none: there the lease is the intent, and the result confirms it. */
export const MOMENTS = ['before intent', 'after intent', 'in the effect', 'after the effect', 'after confirm'] as const;
export type Moment = (typeof MOMENTS)[number];

/** Where a runner shall die, given to its main as JSON. */
export interface RunnerDoom {
  run: number;
  /** The step's name. */
  step: string;
  moment: Moment;
  /** How long after the intent "in the effect" is, ms. */
  insideMs: number;
}

/** Where a web shall die, given to its main as JSON. */
export interface WebDoom {
  moment: (typeof WEB_MOMENTS)[number];
  /** SQL that counts what the request writes: the moment has come when the count is not what it was at the start. */
  count: string;
}
export const WEB_MOMENTS = ['before commit', 'after commit', 'before the answer'] as const;

/** `kill -9` of this very process, at this very line. */
export function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
