import { Cron } from 'croner';

/** The times of a schedule. Pure: what time it is now is an argument. Times are milliseconds since 1970, UTC. */

/** Five fields with a blank between them; seconds, nicknames and dates are not taken. */
export const CRON_PATTERN = '^[0-9A-Za-z*,/#?-]{1,100}( [0-9A-Za-z*,/#?-]{1,100}){4}$';
export const CRON_WORDS =
  'five fields with one blank between them (minute, hour, day, month, day of the week), such as "0 3 * * 1-5"';

/** When a schedule is due: a cron expression by the clocks of a time zone. */
export interface CronTimes {
  cron: string;
  /** IANA name: `Europe/Berlin`. */
  zone: string;
}

/** Why this is no cron expression, as the end of a sentence; null when it is one. */
export function cronProblem(cron: string): string | null {
  try {
    const found = new Cron(cron, { mode: '5-part', paused: true, timezone: 'UTC' });
    return found.nextRun(SOME_TIME) === null ? 'never comes' : null;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return `cannot be read (${words.replace(/^CronPattern: /, '').replace(/\.$/, '')})`;
  }
}

const SOME_TIME = new Date(0);

/** Whether clocks of this zone are known here. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    // The only way to ask about a zone by its name is to use it.
    return false;
  }
}

/**
 * The first time after `after`; null when there is none in the years to come. An hour that the clocks leave out is due
 * when they have jumped over it; one that they show twice is due the first time, unless the hour is a wildcard.
 */
export const nextTime = (times: CronTimes, after: number): number | null =>
  jobOf(times).nextRun(new Date(after))?.getTime() ?? null;

/** The last time up to `until`, which may be that time itself; null when there was none. */
export const lastTime = (times: CronTimes, until: number): number | null =>
  jobOf(times)
    .previousRuns(1, new Date(until + 1))[0]
    ?.getTime() ?? null;

const jobOf = ({ cron, zone }: CronTimes): Cron => new Cron(cron, { mode: '5-part', paused: true, timezone: zone });

/** What the clocks of a zone show: `2026-11-23 03:00`. */
export function clockTime(at: number, zone: string): string {
  // Swedish dates are written year first, with the digits that a computer would take.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(at);
}
