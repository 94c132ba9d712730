import type { House } from './house';
import type { LiveTraffic } from './live-traffic';
import type { Storyteller } from './storyteller';
import type { Visits } from './visits';

/** What every part of the demo works with. */
export interface Demo {
  house: House;
  story: Storyteller;
  visits: Visits;
  traffic: LiveTraffic;
  /** No Docker: nothing real serves, so nobody can visit. */
  dummy: boolean;
}

/** `37 of 1000`. */
export const outOf = (part: number, all: number): string => `${part} of ${all}`;

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
