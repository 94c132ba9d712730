/** What the load process is told at its start. */
export interface LoadPlan {
  gateway: { host: string; port: number };
  /** Hosts that are asked in turn. */
  hosts: string[];
  /** Connections that are kept, each asking without a pause. */
  kept: number;
  /** Loops that open a new connection for each request. */
  fresh: number;
}

export type ToLoad = { type: 'start'; plan: LoadPlan } | { type: 'look' } | { type: 'stop' };

/** What was seen so far. Times by `monotonicNow`. */
export interface Seen {
  requests: number;
  failed: number;
  /** How often each kind of failure was seen. */
  kinds: Record<string, number>;
  /** The first failures, in words. */
  failures: string[];
  /** When the first byte of the last answer of each release came. */
  lastAnswers: Record<string, number>;
  /** Answers per release. */
  answers: Record<string, number>;
}

export interface Total extends Seen {
  seconds: number;
  /** Time to the first byte of requests that are not slow, ms. */
  latency: { p50: number; p99: number; max: number };
}

export type FromLoad = { type: 'ready' } | { type: 'seen'; seen: Seen } | { type: 'total'; total: Total };
