/**
 * Settings of how long what is over stays: docs/retention.md lists them. For settings.ts alone, which reads the
 * environment.
 */
import type { RetentionPolicy } from './engine/retention/policy';

const DAY_MS = 24 * 3_600_000;
const DAYS_MAX = 3_650;
/** A forge may send a hook again for as long as three days; one that is forgotten by then would start a run again. */
const DELIVERIES_DAYS_MIN = 7;

/** Reads a whole number within limits. @throws Error in the words of the manual. */
type NumberOf = (name: string, fallback: number, min: number, max: number) => number;

export function retentionSettings(numberOf: NumberOf): RetentionPolicy {
  const days = (name: string, fallback: number, min = 1) => numberOf(name, fallback, min, DAYS_MAX) * DAY_MS;
  return {
    runs: days('GANTRY_KEEP_RUNS', 90),
    runsMin: numberOf('GANTRY_KEEP_RUNS_MIN', 50, 1, 10_000),
    releases: numberOf('GANTRY_KEEP_RELEASES', 3, 1, 100),
    logs: days('GANTRY_KEEP_LOGS', 30),
    events: days('GANTRY_KEEP_EVENTS', 30),
    deliveries: days('GANTRY_KEEP_DELIVERIES', 90, DELIVERIES_DAYS_MIN),
    instances: days('GANTRY_KEEP_INSTANCES', 30),
    artifacts: days('GANTRY_KEEP_ARTIFACTS', 30),
    images: days('GANTRY_KEEP_IMAGES', 7),
    caches: days('GANTRY_KEEP_CACHES', 30),
  };
}
