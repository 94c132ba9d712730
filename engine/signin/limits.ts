/** Every limit of signing in, in one place. Times in ms. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long a session lasts at most, and how long without being used. */
export const SESSION_LIVES = {
  browser: { mostMs: 12 * HOUR, idleMs: 4 * HOUR },
  command: { mostMs: 7 * DAY, idleMs: DAY },
} as const;
/** Between the password and what still has to follow it. */
export const HALF_SESSION_MS = 10 * MINUTE;
/** One more, and the one that was not used for longest ends. */
export const SESSIONS_MAX = 50;
/** When something was last used is written down at most so often. */
export const NOTE_USE_MS = MINUTE;
/** What a browser or a command line calls itself; characters. */
export const AGENT_MAX = 200;

/** An API token ends by itself. */
export const TOKEN_DEFAULT_MS = 90 * DAY;
export const TOKEN_MOST_MS = 366 * DAY;
export const TOKENS_MAX = 100;

/** An invitation opens once, and until then. */
export const INVITATION_MS = DAY;

/** Of a password, characters. The most is there for the machine: hashing reads all of it. */
export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 256;
/** Argon2id as OWASP's Password Storage Cheat Sheet has it: 19 MiB, two passes, one lane. */
export const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

/** One code of an authenticator app (RFC 6238) holds for so long; clocks may be one such time apart. */
export const CODE_PERIOD_S = 30;
export const CODE_WINDOW = 1;
export const RECOVERY_CODES = 10;
/** A second factor that was shown longer ago is asked for again before somebody approves. */
export const FRESH_FACTOR_MS = { browser: 15 * MINUTE, command: 5 * MINUTE } as const;

/** Attempts that fail: so many are free, then each one has to wait twice as long as the one before. */
export const WAITS = {
  /** Passwords and codes from one address. */
  address: { free: 20, firstMs: 1_000, mostMs: 15 * MINUTE, forgetMs: HOUR },
  /** At one account from one address. */
  pair: { free: 5, firstMs: 1_000, mostMs: 15 * MINUTE, forgetMs: HOUR },
  /** At one account from wherever: kept short, since others must not be able to lock its person out. */
  account: { free: 10, firstMs: 1_000, mostMs: 30_000, forgetMs: HOUR },
  /** Second factors of one account: whoever gets that far knows the password. */
  code: { free: 5, firstMs: 5_000, mostMs: 15 * MINUTE, forgetMs: HOUR },
  /** Tokens that nobody has, from one address. They cannot be guessed; it is the noise that is bounded. */
  token: { free: 500, firstMs: 1_000, mostMs: 5 * MINUTE, forgetMs: HOUR },
} as const;
export type WaitRule = (typeof WAITS)[keyof typeof WAITS];
/** Rows of attempts that are remembered; of more the oldest are forgotten. */
export const WAITS_MAX = 10_000;
/** Addresses from which somebody has signed in lately: waits of everybody there do not hold for them. */
export const KNOWN_ADDRESS_MS = 30 * DAY;
export const KNOWN_ADDRESSES_MAX = 20;

/** A command line waits so long for a person to let it in, and asks so often. */
export const LOGIN_REQUEST_MS = 10 * MINUTE;
export const LOGIN_ASK_MS = 1_000;
/** Command lines that wait at the same moment: in all, and from one address. */
export const LOGIN_REQUESTS_MAX = 1_000;
export const LOGIN_REQUESTS_FROM_ONE = 10;
