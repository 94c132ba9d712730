/** How far a fair count may be from its mean: beyond five sigma is one in 1.7 million. */
const SIGMAS = 5;

/** Where the number of hits lies when each of `count` visitors is one with this probability (0 to 1). */
export function fairRange(count: number, probability: number): { low: number; high: number } {
  const mean = count * probability;
  const room = SIGMAS * Math.sqrt(count * probability * (1 - probability));
  return { low: Math.max(0, Math.ceil(mean - room)), high: Math.min(count, Math.floor(mean + room)) };
}
