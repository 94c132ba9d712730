/**
 * How long what is over stays: each is a setting of its own (docs/retention.md). Spans are milliseconds. Whatever is
 * still referenced stays longer, however old it is: see guard.ts.
 */
export interface RetentionPolicy {
  /** Runs that have ended, with their steps, effects, approvals and release. */
  runs: number;
  /** So many newest runs of each app stay, however old they are. */
  runsMin: number;
  /** So many releases can be gone back to, besides those that stand and the way back; their images stay kept. */
  releases: number;
  /** What steps wrote. */
  logs: number;
  /** What pages and command line follow. */
  events: number;
  /** Accepted pushes and hooks: what tells that one came again. */
  deliveries: number;
  /** Records of instances that are gone, and of the looks into them. */
  instances: number;
  /** Bytes of artifacts that no kept release is made of. */
  artifacts: number;
  /** Images on the host that no kept release is made of. */
  images: number;
  /** Caches of builds of an app that is not built any more. */
  caches: number;
}
