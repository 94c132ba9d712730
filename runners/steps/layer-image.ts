import { StepFailure } from '../../engine/model/errors';
import type { Json } from '../../engine/model/hash';
import type { StepContext, StepKind } from '../../engine/ports/step-kind';
import { artifactPlace } from '../serving/artifact-place';
import type { World } from '../world';
import { artifactOf } from './built';
import { imageStep } from './image';
import { buildLabels } from './labels';

/** The thin production image: the same artifact as one layer on the base that it was tested on. */
export function layerImageStep(world: World): StepKind<'layer-image'> {
  return imageStep('layer-image', world, (context) => layer(context, world));
}

async function layer(context: StepContext<'layer-image'>, world: World): Promise<Json> {
  const { lease, spec, log, signal } = context;
  const artifact = await artifactOf(context);
  if (artifact === undefined) throw new StepFailure('gantry', 'there is no artifact to put on the base');
  await world.bases.ensure([spec.base], log);
  const base = await world.builder.resolveImage(spec.base);
  log(`${artifact.name} on ${spec.base} (${base.slice(0, 19)}…)`);
  return context.effect<Json>({
    target: 'image',
    intent: { base, artifact: artifact.digest },
    find: async (key) => {
      const found = await world.builder.findImage(key);
      return found === undefined ? undefined : ({ ...found, baseId: base } as unknown as Json);
    },
    act: async (key) => {
      const built = await world.builder.layerImage({
        base,
        files: [{ to: artifactPlace(artifact), digest: artifact.digest, mode: 0o644 }],
        app: lease.app.name,
        labels: buildLabels(context, key),
        signal,
        onLine: log,
      });
      return { ...built, baseId: base } as unknown as Json;
    },
  });
}
