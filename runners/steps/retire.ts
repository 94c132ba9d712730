import type { StepKind } from '../../engine/ports/step-kind';
import type { World } from '../world';
import { clearLoose } from './deliver';
import { productionOf } from './release-of';

/** Drains and removes what neither serves nor is a way back. */
export function retireStep(world: World): StepKind<'retire'> {
  return {
    kind: 'retire',
    run: async (context) => {
      const environment = await productionOf(context);
      await clearLoose(context, world, environment.id);
      return { end: 'succeeded', output: null };
    },
    inspect: async () => ({ found: 'partly' }), // what is gone is gone; the rest is drained now
    undo: async (context) => {
      // What was retired had no role. It comes back, if it is wanted, by a delivery of its release.
      context.log('nothing serves that was retired here; to bring a release back, roll back to it');
      return { end: 'succeeded', output: null };
    },
  };
}
