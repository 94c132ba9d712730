import type { StepContext, StepKind, StepResult } from '../../engine/ports/step-kind';
import { looseLanes } from '../../engine/rollout/traffic';
import { bringImage } from '../serving/bring-image';
import { bringUp, keepUp } from '../serving/bring-up';
import type { World } from '../world';
import { clearLoose } from './deliver';
import { productionOf, productionStage } from './release-of';

/** Drains and removes what neither serves nor is a way back. */
export function retireStep(world: World): StepKind<'retire'> {
  return {
    kind: 'retire',
    run: async (context) => {
      const environment = await productionOf(context);
      // Named before anything goes, so that an undo after a crash still knows what was there.
      const retired = await context.effect<string[]>({
        target: 'instances',
        intent: looseLanes(environment.traffic).map((lane) => environment.traffic.lanes[lane]),
        find: async () => undefined, // what is gone is gone; the rest is drained now
        act: async (_key, intent) => {
          await clearLoose(context, world, environment.id);
          return (intent as (string | null)[]).filter((id): id is string => id !== null);
        },
      });
      if (retired.length === 0) context.log('nothing to retire: everything that stands serves, or is the way back');
      return { end: 'succeeded', output: { retired } };
    },
    inspect: async () => ({ found: 'partly' }),
    undo: (context) => startAgain(context, world),
  };
}

/** The instances start again from the kept image, without traffic, as they stood before. */
async function startAgain(context: StepContext<'retire'>, world: World): Promise<StepResult> {
  const retired = (context.undone as { retired?: string[] } | undefined)?.retired ?? [];
  for (const id of retired) {
    const release = await context.engine.releases.find(id);
    await bringImage(context, world, release, productionStage(release));
    const production = await productionOf(context);
    await keepUp(world, production, await bringUp(context, world, production, release, productionStage(release)));
    context.log(`release ${release.number} stands again, without traffic`);
  }
  if (retired.length === 0) context.log('nothing was retired here');
  return { end: 'succeeded', output: null };
}
