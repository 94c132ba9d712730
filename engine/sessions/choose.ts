import { GantryError } from '../model/errors';
import type { InstanceState } from '../model/states';

/** An instance as a person may name it. */
export interface Candidate {
  name: string;
  /** `test`, `gray`, `production`. */
  place: string;
  /** Whether visitors of production meet it, or could. */
  production: boolean;
  state: InstanceState;
  release: number;
  keptUntil: number | null;
}

export interface Named {
  app: string;
  place?: string;
  /** Its number in its place, from 1, or its whole name. */
  instance?: string;
}

/**
 * Which instance is meant, of all that stand, in the order of the list. Without a place: production when something
 * stands there, else the first place. Without a number: the first that is no failed one. Pure.
 * @throws GantryError `nothing-stands`, `place-unknown`, `instance-unknown`.
 */
export function chooseInstance(
  all: readonly Candidate[],
  named: Named,
): { chosen: Candidate; of: number; number: number } {
  const byName = all.find(({ name }) => name === named.instance);
  const place = byName?.place ?? named.place ?? placeOf(all, named.app);
  const there = all.filter((candidate) => candidate.place === place);
  if (there.length === 0) throw nothingIn(place, all, named.app);
  const number = byName === undefined ? numberOf(there, named) : there.indexOf(byName) + 1;
  const chosen = there[number - 1];
  if (chosen === undefined) throw noSuch(there, place, named);
  return { chosen, number, of: there.length };
}

function placeOf(all: readonly Candidate[], app: string): string {
  const place = all.find((candidate) => candidate.place === 'production')?.place ?? all[0]?.place;
  if (place !== undefined) return place;
  throw new GantryError(
    'conflict',
    'nothing-stands',
    `no instance of ${app} stands anywhere`,
    'push a commit; a failed one stays with: git push -o keep-failed',
  );
}

function numberOf(there: readonly Candidate[], { instance }: Named): number {
  if (instance !== undefined) return /^[1-9]\d{0,3}$/.test(instance) ? Number(instance) : 0;
  return Math.max(1, there.findIndex(({ state }) => state !== 'kept') + 1);
}

function nothingIn(place: string, all: readonly Candidate[], app: string): GantryError {
  const places = [...new Set(all.map((candidate) => candidate.place))].join(', ');
  const next = places === '' ? 'push a commit' : `something stands in: ${places}`;
  return new GantryError('conflict', 'place-empty', `no instance of ${app} stands in ${place}`, next);
}

function noSuch(there: readonly Candidate[], place: string, { app, instance }: Named): GantryError {
  const names = there.map(({ name }, i) => `${i + 1} (${name})`).join(', ');
  return new GantryError(
    'not-found',
    'instance-unknown',
    `${app} has no instance ${instance ?? ''} in ${place}`,
    `there are: ${names}`,
  );
}
