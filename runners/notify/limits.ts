/** What one delivery may take, ms. */
export const DELIVERY_MS = 10_000;
/** Answers are short: what comes after that is no answer. */
export const ANSWER_MAX_BYTES = 64 * 1024;
