/**
 * Drawn commands of a simulated history, wherever one is played: what a test has found, `--seed` finds again. What brings
 * a history to rest comes on top.
 */
export const HISTORY_COMMANDS = 50;
