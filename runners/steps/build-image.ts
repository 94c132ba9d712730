import type { Json } from '../../engine/model/hash';
import type { StepContext, StepKind } from '../../engine/ports/step-kind';
import type { World } from '../world';
import { imageStep } from './image';
import { buildLabels } from './labels';

/** Builds the app's own Dockerfile. */
export function buildImageStep(world: World): StepKind<'build-image'> {
  return imageStep('build-image', world, (context) => build(context, world));
}

async function build(context: StepContext<'build-image'>, world: World): Promise<Json> {
  const { lease, spec, log, signal } = context;
  return context.effect<Json>({
    target: 'image',
    intent: { dockerfile: spec.dockerfile, commit: lease.run.commit },
    find: async (key) => (await world.builder.findImage(key)) as unknown as Json | undefined,
    act: async (key) => {
      const source = await world.sources.tar(lease.app.name, lease.run.commit, spec.context);
      const built = await world.builder.buildImage({
        context: source,
        dockerfile: spec.dockerfile,
        target: spec.target,
        args: spec.args,
        app: lease.app.name,
        labels: buildLabels(context, key),
        signal,
        onLine: log,
      });
      return built as unknown as Json;
    },
  });
}
