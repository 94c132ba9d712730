import type { Json } from '../../engine/model/hash';
import type { StepContext, StepKind, StepResult, StepWork } from '../../engine/ports/step-kind';
import type { World } from '../world';

/** What a step leaves that makes an image. */
export interface ImageOutput {
  imageId: string;
  size: number;
  baseId: string | null;
}

/** A step kind whose work is one image: found again by its effect, sealed by its ID, untagged when undone. */
export function imageStep<Kind extends 'build-image' | 'layer-image' | 'take-image'>(
  kind: Kind,
  world: World,
  build: (context: StepContext<Kind>) => Promise<Json>,
): StepKind<Kind> {
  return {
    kind,
    run: async (context) => {
      const output = await build(context);
      await seal(context, output as unknown as ImageOutput);
      return { end: 'succeeded', output };
    },
    inspect: async () => ({ found: 'partly' }), // the effect finds the image by its key
    undo: async (context): Promise<StepResult> => {
      const output = context.undone as unknown as ImageOutput | undefined;
      if (output !== undefined) await world.builder.untag(output.imageId);
      return { end: 'succeeded', output: null };
    },
  };
}

async function seal(context: StepWork, image: ImageOutput): Promise<void> {
  const { engine, lease, log } = context;
  const { imageId: digest, size, baseId: builtIn } = image;
  await engine.releases.sealArtifact(lease, { digest, kind: 'image', name: lease.app.name, size, builtIn });
  log(`image ${digest} (${Math.round(size / 1_048_576)} MiB)`);
}
