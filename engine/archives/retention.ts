import type { Traffic } from '../rollout/traffic';

/**
 * The releases whose images must outlive their registry, their builder and their host: whatever stands in production,
 * the way back, and the last ones that were stable before. Newest first.
 * @param predecessors how many releases that were stable before, besides those that are present
 * @param promoted ids of the releases that were stable, the last one first, without those that were withdrawn
 */
export function releasesToKeep(traffic: Traffic, promoted: readonly string[], predecessors: number): string[] {
  const present = [...Object.values(traffic.lanes), traffic.previous].filter((id): id is string => id !== null);
  const before = promoted.filter((id) => !present.includes(id)).slice(0, predecessors);
  return [...new Set([...present, ...before])];
}
