/** Time and chance, handed in, so that every decision can be replayed. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
}

export interface Random {
  /** Fresh random bytes; the caller may change the buffer. */
  bytes(count: number): Buffer;
}

/**
 * Called at the moments that matter (after an intent, before an effect, before a confirmation).
 * Does nothing in production; the simulator and the tests stop the world here.
 */
export type Probe = (point: ProbePoint, detail: Record<string, string | number>) => void | Promise<void>;

export type ProbePoint =
  | 'step-taken'
  | 'effect-intended'
  | 'effect-done'
  | 'effect-confirmed'
  | 'step-ended'
  | 'delivery-committed'
  | 'hook-committed'
  | 'hook-fetched'
  | 'trigger-committed';
