/** Every limit of a look into an instance, in one place. Times in ms, sizes in bytes. */

/** Looks into instances of one app at once. */
export const SESSIONS_PER_APP = 8;
/** A session that no runner has taken by then is over. */
export const SESSION_TAKE_MS = 10_000;
/** A runner that does not renew its sessions for so long is gone. */
export const SESSION_LEASE_MS = 15_000;
export const SESSION_RENEW_MS = 5_000;
/** A shell in which nobody types and nothing is written ends. */
export const SESSION_IDLE_MS = 15 * 60_000;
/** Output that is carried each second; a program that writes more is slowed down. */
export const SESSION_RATE_BYTES = 4 * 1024 * 1024;
/** Lines of the past that can be asked for. */
export const LOG_TAIL_MAX = 10_000;
/** Sessions that have ended are forgotten after so long; the audit keeps them. */
export const SESSION_KEPT_MS = 30 * 24 * 3_600_000;
