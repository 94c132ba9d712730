import type { Json } from '../../engine/model/hash';
import type { StepContext, StepKind } from '../../engine/ports/step-kind';
import type { World } from '../world';
import { imageStep } from './image';
import { buildLabels } from './labels';

/** Instead of a build: brings an image here that was built elsewhere, by its digest. */
export function takeImageStep(world: World): StepKind<'take-image'> {
  return imageStep('take-image', world, async (context) => {
    const taken = await take(context, world);
    await context.engine.releases.forgetCredentials(context.lease.run.id);
    return taken;
  });
}

async function take(context: StepContext<'take-image'>, world: World): Promise<Json> {
  const { engine, lease, spec, log, signal } = context;
  return context.effect<Json>({
    target: 'image',
    intent: { ref: spec.ref },
    find: async () => undefined, // it is named by its digest: taking it again takes the same
    act: async (key) => {
      const taken = await world.builder.takeImage({
        ref: spec.ref,
        credentials: await engine.releases.credentialsOf(lease.run.id),
        app: lease.app.name,
        labels: buildLabels(context, key),
        signal,
        onLine: log,
      });
      return taken as unknown as Json;
    },
  });
}
