import { KEEP_FAILED_MS, KEEP_FAILED_MS_MAX } from '../../pipelines/limits';
import { formatDuration, parseDuration } from '../../pipelines/units';

/** What a pusher may say with `git push -o`. */
export interface PushOptions {
  /** Whether the push shows what becomes of its runs. */
  follow: boolean;
  /** How long an instance that does not get healthy is kept for a look, ms. */
  keepFailedMs?: number;
  /** What was not understood, a sentence each: the push itself is in Git already. */
  problems: string[];
}

/** Reads `no-follow`, `keep-failed` and `keep-failed=2h`; options for others (`ci.skip`) are none of our business. */
export function readPushOptions(options: readonly string[]): PushOptions {
  const read: PushOptions = { follow: !options.includes('no-follow'), problems: [] };
  for (const option of options) {
    const [, text] = /^keep-failed(?:=(.*))?$/.exec(option) ?? [undefined, null];
    if (text === null) continue;
    const ms = text === undefined ? KEEP_FAILED_MS : parseDuration(text);
    if (ms !== null && ms > 0 && ms <= KEEP_FAILED_MS_MAX) read.keepFailedMs = ms;
    else read.problems.push(wrongTime(option));
  }
  return read;
}

const wrongTime = (option: string): string =>
  `the option "${option.slice(0, 80)}" is not used: it takes a time up to ${formatDuration(KEEP_FAILED_MS_MAX)}, such as keep-failed=2h`;
