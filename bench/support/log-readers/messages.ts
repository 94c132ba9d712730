export interface ReadPlan {
  /** Of the step's log, with `follow=1`. */
  url: string;
  token: string;
  readers: number;
  /** Bytes per second that each reads at most until it is told that it may hurry. */
  slowBytesPerSecond: number;
}

export interface Read {
  /** Lines that each has seen, and how many were missing between them. */
  seen: number[];
  lost: number[];
  /** How often a connection was cut and gone on with. */
  resumed: number;
  /** How often one was refused as too slow (408), and asked for again. */
  timedOut: number;
}

export type ToReaders = { type: 'start'; plan: ReadPlan } | { type: 'hurry' };
export type FromReaders = { type: 'ready' } | { type: 'read'; read: Read };
