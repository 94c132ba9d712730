/** How far the sender's clock may be from ours, ms. Standard Webhooks proposes it; Gitee would allow an hour. */
const TOLERANCE_MS = 5 * 60_000;

/** Was this signed a moment ago? Both times in ms UTC. */
export const isRecent = (signedAt: number, now: number): boolean => Math.abs(now - signedAt) <= TOLERANCE_MS;
