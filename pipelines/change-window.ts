/**
 * When changes may be made: `Mon-Fri 09:00-17:00 Europe/Berlin`. Days are a list or a range, hours end before midnight
 * or at 24:00, the zone is an IANA name; UTC when it is left out. Several windows are separated by `;`. Pure.
 */
export interface ChangeWindow {
  /** 0 is Sunday. */
  days: ReadonlySet<number>;
  /** Minutes since midnight; `to` is the first that is outside. */
  from: number;
  to: number;
  zone: string;
}

export const CHANGE_WINDOW_WORDS = 'days, hours and a time zone, such as Mon-Fri 09:00-17:00 Europe/Berlin';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DAY = `(?:${DAYS.join('|')})`;
const ONE = new RegExp(`^(${DAY}(?:[-,]${DAY})*) (\\d\\d):(\\d\\d)-(\\d\\d):(\\d\\d)(?: ([A-Za-z0-9_+/-]{1,64}))?$`);
const WINDOWS_MAX = 8;
const DAY_MIN = 24 * 60;
const MINUTE_MS = 60_000;

/** The windows of a text; null when it is none. */
export function parseChangeWindows(text: string): readonly ChangeWindow[] | null {
  const parts = text.split(';').map((part) => part.trim().replace(/\s+/g, ' '));
  const windows = parts.map(parseOne).filter((window) => window !== null);
  return windows.length === parts.length && parts.length <= WINDOWS_MAX ? windows : null;
}

function parseOne(text: string): ChangeWindow | null {
  const [, dayText = '', ...rest] = ONE.exec(text) ?? [];
  const [fromHour, fromMinute, toHour, toMinute] = rest.slice(0, 4).map(Number);
  const zone = rest[4] ?? 'UTC';
  const days = parseDays(dayText);
  if (days === null || !isZone(zone)) return null;
  const from = minutesOf(fromHour, fromMinute);
  const to = minutesOf(toHour, toMinute);
  return from === null || to === null || from >= to ? null : { days, from, to, zone };
}

/** `Mon-Fri`, `Sat,Sun`, `Fri-Mon,Wed`. */
function parseDays(text: string): ReadonlySet<number> | null {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first, last = first, more] = part.split('-').map((day) => DAYS.indexOf(day));
    if (first === undefined || last === undefined || first < 0 || last < 0 || more !== undefined) return null;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

function minutesOf(hour = 99, minute = 99): number | null {
  const minutes = hour * 60 + minute;
  return minute < 60 && minutes <= DAY_MIN ? minutes : null;
}

function isZone(zone: string): boolean {
  try {
    return clockOf(zone) !== undefined;
  } catch {
    return false; // Intl throws for a zone that it does not know
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...({ weekday: 'short', hour: '2-digit', minute: '2-digit' } as const),
  });
  clocks.set(zone, clock);
  return clock;
}

/** What the clock on the wall shows there. */
function wallTime(zone: string, at: number): { day: number; minute: number } {
  const shown = new Map(
    clockOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const minute = Number(shown.get('hour')) * 60 + Number(shown.get('minute'));
  return { day: DAYS.indexOf(shown.get('weekday') ?? ''), minute };
}

/** Whether changes may be made at this moment, ms UTC. */
export const isOpen = (windows: readonly ChangeWindow[], at: number): boolean =>
  windows.some(({ days, from, to, zone }) => {
    const { day, minute } = wallTime(zone, at);
    return days.has(day) && minute >= from && minute < to;
  });

/** A year has every kind of day; whatever has not opened by then never does. */
const LOOK_MS = 370 * DAY_MIN * MINUTE_MS;

/**
 * When changes may be made next, ms UTC: `at` itself while a window is open. Hours that a change of the clocks skips
 * are passed over; those that come twice count twice.
 * @returns null: never
 */
export function nextOpening(windows: readonly ChangeWindow[], at: number): number | null {
  for (let now = at; now <= at + LOOK_MS; ) {
    if (isOpen(windows, now)) return now;
    now = Math.min(...windows.map((window) => nextLook(window, now)));
  }
  return null;
}

/**
 * A moment up to which this window surely stays shut. Clocks change at full quarters of an hour, so within one nothing
 * happens but the passing of minutes. Hours are skipped only where no change of the clocks can lead back into the window
 * or past its opening.
 */
function nextLook({ days, from, to, zone }: ChangeWindow, at: number): number {
  const { day, minute } = wallTime(zone, at);
  const startOfMinute = at - (at % MINUTE_MS);
  const isBefore = days.has(day) && minute < from;
  const toOpening = isBefore ? from - minute : DAY_MIN - minute;
  const sinceShut = days.has(day) && minute >= to ? minute - to : minute;
  const far = sinceShut < JUMP_MIN ? 0 : toOpening - JUMP_MIN;
  const near = Math.min(toOpening, QUARTER_MIN - (minute % QUARTER_MIN));
  return startOfMinute + Math.max(far, near) * MINUTE_MS;
}

const QUARTER_MIN = 15;
/** No clock on earth has been moved further at once. */
const JUMP_MIN = 180;
