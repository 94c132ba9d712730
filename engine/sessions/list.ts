import { findApp } from '../apps/find';
import { showEnvironments } from '../environments/show';
import type { InstanceState } from '../model/states';
import type { EngineParts } from '../parts';
import { candidatesOf } from './candidates';

/** An instance as it is numbered in its place. */
export interface PlacedInstance {
  number: number;
  name: string;
  place: string;
  state: InstanceState;
  release: number;
  keptUntil: number | null;
}

/** The instances that can be looked into, in the order in which they are numbered. @throws GantryError `app-unknown`. */
export async function placedInstances(parts: EngineParts, appName: string): Promise<PlacedInstance[]> {
  const app = await findApp(parts, appName);
  const counts = new Map<string, number>();
  return candidatesOf(await showEnvironments(parts, app.id)).map(({ production: _production, ...candidate }) => {
    const number = (counts.get(candidate.place) ?? 0) + 1;
    counts.set(candidate.place, number);
    return { number, ...candidate };
  });
}
