import type { Belonging } from '../ports/belongings';
import type { Needed } from './needed';
import type { RetentionPolicy } from './policy';

export type HostVerdict = { one: Belonging } & ({ goes: true } | { goes: false; why: string });

/** Which images of ours go from a host, and why the other old ones stay. Pure. */
export function planImages(images: readonly Belonging[], needed: Needed, before: number): HostVerdict[] {
  return images
    .filter(({ madeAt }) => madeAt < before)
    .map((one) => {
      if (needed.has(one.id)) return { one, goes: false, why: 'a release that is kept, or a run, is made of it' };
      if (one.inUse) return { one, goes: false, why: 'a container is made of it' };
      return { one, goes: true };
    });
}

/**
 * Which caches of builds go: those of apps that are not built any more. Pure.
 * @param builtAt when a run of each app last began
 */
export function planCaches(
  volumes: readonly Belonging[],
  builtAt: ReadonlyMap<string, number>,
  policy: Pick<RetentionPolicy, 'caches'>,
  now: number,
): HostVerdict[] {
  const before = now - policy.caches;
  return volumes
    .filter(({ madeAt, labels }) => madeAt > 0 && madeAt < before && labels.role === 'build')
    .map((one) => {
      if ((builtAt.get(one.labels.app) ?? 0) >= before) return { one, goes: false, why: 'its app is built' };
      if (one.inUse) return { one, goes: false, why: 'a container uses it' };
      return { one, goes: true };
    });
}
