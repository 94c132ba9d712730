import type { Json } from '../../engine/model/hash';
import type { StepContext, StepKind } from '../../engine/ports/step-kind';
import type { World } from '../world';
import { buildLabels } from './labels';

export interface ImageOutput {
  imageId: string;
  size: number;
  baseId: string | null;
}

/** Builds the app's own Dockerfile and seals the image by its ID. */
export function buildImageStep(world: World): StepKind<'build-image'> {
  return {
    kind: 'build-image',
    run: async (context) => ({ end: 'succeeded', output: await build(context, world) }),
    inspect: async () => ({ found: 'partly' }), // the effect finds the image by its key
    undo: async (context) => {
      const output = context.undone as unknown as ImageOutput | undefined;
      if (output !== undefined) await world.builder.untag(output.imageId);
      return { end: 'succeeded', output: null };
    },
  };
}

async function build(context: StepContext<'build-image'>, world: World): Promise<Json> {
  const { lease, spec, log, signal } = context;
  const image = await context.effect<Json>({
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
  const built = image as unknown as ImageOutput;
  await context.engine.releases.sealArtifact(lease, {
    digest: built.imageId,
    kind: 'image',
    name: lease.app.name,
    size: built.size,
    builtIn: built.baseId,
  });
  log(`image ${built.imageId} (${Math.round(built.size / 1_048_576)} MiB)`);
  return image;
}
