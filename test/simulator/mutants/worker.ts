import type * as Simulate from '../simulate';
import type { Invariant } from '../simulation';
import type { Mutant } from './mutant';
import { Planter } from './plant';

/** What a worker is asked. */
export interface Hunt {
  /** Undefined: the program as it is. */
  mutant: Mutant | undefined;
  seed: number;
  histories: number;
  commands: number;
}

/** What it answers. */
export interface Hunted {
  id: string;
  /** The invariant that broke; undefined: none did. */
  by: string | undefined;
  what: string;
  histories: number;
  seconds: number;
}

const planter = new Planter();

/** Plays histories with the bug in the program until an invariant breaks. */
async function hunt({ mutant, ...wanted }: Hunt): Promise<Hunted> {
  const began = performance.now();
  const { simulate } = planter.load<typeof Simulate>(mutant, 'test/simulator/simulate.ts');
  const { invariants } = require('../invariants/all') as { invariants: readonly Invariant[] };
  const outcome = await simulate({ ...wanted, invariants });
  return {
    id: mutant?.id ?? 'none',
    by: outcome.finding?.invariant,
    what: outcome.finding?.what ?? '',
    histories: outcome.histories,
    seconds: (performance.now() - began) / 1000,
  };
}

// A bug may leave promises behind that nobody waits for: those are not what is looked for.
process.on('unhandledRejection', () => undefined);
process.on('message', (asked: Hunt) => {
  hunt(asked).then(
    (hunted) => process.send?.(hunted),
    (error: Error) =>
      process.send?.({ id: asked.mutant?.id ?? 'none', by: undefined, what: error.message, histories: 0, seconds: 0 }),
  );
});
