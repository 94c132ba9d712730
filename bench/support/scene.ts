import type { House } from './house';

/** What visitors of an app meet and what runs for it, as the API tells. */
export interface Scene {
  environments: Record<string, { stable: Named; gray: Named; warm: Named; share: number }>;
  /** `production 2` for each instance, sorted. */
  instances: string[];
  /** Releases that are no way back any more. */
  withdrawn: number[];
}
type Named = number | null;

interface EnvironmentShown {
  name: string;
  stable: { number: number } | null;
  gray: { number: number } | null;
  warm: { number: number } | null;
  share: number;
  instances: { release: number }[];
}

export async function sceneOf(house: House, app: string): Promise<Scene> {
  const { environments } = await house.call<{ environments: EnvironmentShown[] }>('GET', `/apps/${app}`);
  const releases = await house.call<{ items: { number: number; state: string }[] }>('GET', `/apps/${app}/releases`);
  return {
    environments: Object.fromEntries(
      environments.map(({ name, stable, gray, warm, share }) => [
        name,
        { stable: stable?.number ?? null, gray: gray?.number ?? null, warm: warm?.number ?? null, share },
      ]),
    ),
    instances: environments
      .flatMap(({ name, instances }) => instances.map(({ release }) => `${name} ${release}`))
      .sort(),
    withdrawn: releases.items.filter(({ state }) => state === 'withdrawn').map(({ number }) => number),
  };
}

/** The same with some parts of an environment otherwise. */
export function withEnvironment(scene: Scene, name: string, change: Partial<Scene['environments'][string]>): Scene {
  const before = scene.environments[name];
  if (before === undefined) throw new Error(`there is no environment ${name}`);
  return { ...scene, environments: { ...scene.environments, [name]: { ...before, ...change } } };
}

/** The same with other instances. */
export function withInstances(scene: Scene, gone: readonly string[], come: readonly string[]): Scene {
  return { ...scene, instances: [...scene.instances.filter((name) => !gone.includes(name)), ...come].sort() };
}
