import type { Prober } from '../../engine/ports/prober';

/** Nothing listens in the dummy world: every check is answered as a healthy app would. */
export function dummyProber(): Prober {
  return { get: async ({ host, path }) => ({ status: 200, body: `dummy answer of ${host}${path}` }) };
}
