import { z } from 'zod';
import { ADDRESS_BLOCK_PATTERN, ADDRESS_BLOCK_WORDS, isAddressBlock } from './addresses';
import { CHANGE_WINDOW_WORDS, parseChangeWindows } from './change-window';
import { USER_NAME_WORDS, userNameProblem } from './gray-users';
import { LIST_MAX, SECRETS_MAX, TIMEOUT_MS_MAX } from './limits';
import {
  BUILD_ARGUMENT_PATTERN,
  BUILD_ARGUMENT_WORDS,
  ENV_NAME_PATTERN,
  ENV_NAME_WORDS,
  SECRET_NAME_PATTERN,
  SECRET_NAME_WORDS,
} from './names';
import {
  DURATION_PATTERN,
  DURATION_THRESHOLD_PATTERN,
  formatDuration,
  formatMemory,
  formatShare,
  MEMORY_PATTERN,
  parseDuration,
  parseDurationThreshold,
  parseMemory,
  parseShare,
  parseShareThreshold,
  SHARE_PATTERN,
  SHARE_THRESHOLD_PATTERN,
} from './units';

/**
 * The kinds of value that `gantry.yml` knows. The error text of each is the end of a sentence that begins with
 * "expected"; `explain.ts` says the rest: where, what was found, what is nearest.
 */

/** Text of one line or more that is not blank. */
export function text(what: string) {
  return z.string({ error: what }).refine((value) => value.trim() !== '' && value.length <= 65_536, { error: what });
}

/** Text of a given form. */
export function word(pattern: string, what: string) {
  return z.string({ error: what }).regex(new RegExp(pattern), { error: what });
}

/** A path or a file pattern: one line, no control characters. */
export function path(what: string) {
  return word('^[^\\x00-\\x1f\\x7f]{1,1024}$', what);
}

/** A path that a rule of `paths.ts` lets pass. */
export function pathThat(problem: (path: string) => string | null, what: string) {
  return path(what).superRefine((value, context) => {
    const reason = problem(value);
    if (reason !== null) context.addIssue({ code: 'custom', message: `${what}; this one ${reason}` });
  });
}

/** Name of an image: `gantry/maven`, `host:5000/team/image:1.2`, optionally with a digest. */
export const imageName = word(
  '^[a-z0-9]([a-z0-9._:/-]{0,200}[a-z0-9])?(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$',
  'the name of an image, such as gantry/maven',
);

/** `30s` to milliseconds. */
export function duration(min: number = 1, max: number = TIMEOUT_MS_MAX) {
  const range = `a duration from ${formatDuration(min)} to ${formatDuration(max)}, such as 500ms, 30s, 5m, 2h or 7d`;
  return unit({ pattern: DURATION_PATTERN, what: range, parse: parseDuration, min, max });
}

/** `512m` to bytes. */
export function memory(min: number, max: number) {
  const range = `memory from ${formatMemory(min)} to ${formatMemory(max)}, such as 512m or 1g`;
  return unit({ pattern: MEMORY_PATTERN, what: range, parse: parseMemory, min, max });
}

/** `5%` to 1/10,000. */
export const share = unit({
  pattern: SHARE_PATTERN,
  what: `a share from 0% to ${formatShare(10_000)} with at most two decimals, such as 5% or 0.01%`,
  parse: parseShare,
  min: 0,
  max: 10_000,
});

/** `"< 1%"` to 1/10,000. */
export const shareThreshold = unit({
  pattern: SHARE_THRESHOLD_PATTERN,
  what: 'an upper limit in quotes, such as "< 1%"',
  parse: parseShareThreshold,
  min: 1,
  max: 10_000,
});

/** `"< 300ms"` to milliseconds. */
export const durationThreshold = unit({
  pattern: DURATION_THRESHOLD_PATTERN,
  what: 'an upper limit in quotes, such as "< 300ms"',
  parse: parseDurationThreshold,
  min: 1,
  max: TIMEOUT_MS_MAX,
});

/** Block of addresses: `10.0.0.0/8`, `fd00::/8`, or one address. */
export const addressBlock = word(ADDRESS_BLOCK_PATTERN, ADDRESS_BLOCK_WORDS).refine(isAddressBlock, {
  error: ADDRESS_BLOCK_WORDS,
});

/** Name of a user as a login proxy says it. */
export const userName = z
  .string({ error: USER_NAME_WORDS })
  .refine((name) => userNameProblem(name) === null, { error: USER_NAME_WORDS });

/** `Mon-Fri 09:00-17:00 Europe/Berlin` */
export const changeWindow = z
  .string({ error: CHANGE_WINDOW_WORDS })
  .max(500, { error: CHANGE_WINDOW_WORDS })
  .refine((value) => parseChangeWindows(value) !== null, { error: CHANGE_WINDOW_WORDS });

export function whole(min: number, max: number) {
  const what = `a whole number from ${min} to ${max}`;
  return z.number({ error: what }).int({ error: what }).min(min, { error: what }).max(max, { error: what });
}

export function fraction(min: number, max: number) {
  const what = `a number from ${min} to ${max}`;
  return z.number({ error: what }).min(min, { error: what }).max(max, { error: what });
}

/** After what a step is tried again. */
export const retryCause = z.union([z.enum(['world', 'timeout']), z.number().int().min(1).max(255)], {
  error: 'world, timeout, or an exit code from 1 to 255',
});

export const yesOrNo = z.boolean({ error: 'true or false' });

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: values.length === 1 ? values[0] : `one of ${values.join(', ')}` });
}

export function list<T extends z.ZodType>(item: T) {
  return z.array(item, { error: 'a list' }).max(LIST_MAX, { error: `a list of at most ${LIST_MAX} entries` });
}

/** Names of secrets, each once. */
export const secretNames = list(word(SECRET_NAME_PATTERN, SECRET_NAME_WORDS))
  .max(SECRETS_MAX, { error: `at most ${SECRETS_MAX} names` })
  .refine((names) => new Set(names).size === names.length, { error: 'each name once' })
  .optional();

/** Environment variables. Numbers and `true` are taken as they are written. */
export const variables = pairs(ENV_NAME_PATTERN, ENV_NAME_WORDS);

/** Build arguments, written in the same way. */
export const buildArguments = pairs(BUILD_ARGUMENT_PATTERN, BUILD_ARGUMENT_WORDS);

function pairs(pattern: string, words: string) {
  return z.record(
    z.string().regex(new RegExp(pattern), { error: words }),
    z.string({ error: 'text; put it in quotes' }).meta({ type: ['string', 'number', 'boolean'] }),
    { error: 'NAME: value pairs' },
  );
}

interface Unit {
  pattern: string;
  what: string;
  parse: (text: string) => number | null;
  min: number;
  max: number;
}

function unit({ pattern, what, parse, min, max }: Unit) {
  return z
    .string({ error: what })
    .meta({ pattern })
    .transform((value, context) => {
      const number = parse(value);
      if (number !== null && number >= min && number <= max) return number;
      context.issues.push({ code: 'custom', message: what, input: value });
      return z.NEVER;
    });
}
