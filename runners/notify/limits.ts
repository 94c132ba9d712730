/** What one delivery may take, ms. */
export const DELIVERY_MS = 10_000;
/** What one mail may take from the first word to the server until it has it, ms: less than `CLAIM_MS`. */
export const MAIL_MS = 30_000;
/** Answers are short: what comes after that is no answer. */
export const ANSWER_MAX_BYTES = 64 * 1024;
