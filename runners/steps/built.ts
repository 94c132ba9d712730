import type { StepWork } from '../../engine/ports/step-kind';
import type { ArtifactOutput } from './build-artifact';
import type { ImageOutput } from './image';

/** The WAR, EAR or file of this run, built or given; undefined when it has an image alone. */
export const artifactOf = (context: StepWork): Promise<ArtifactOutput | undefined> =>
  firstOutput(context, ['build-artifact', 'take-artifact']);

/** The image of this run, built or given. */
export const imageOf = (context: StepWork): Promise<ImageOutput | undefined> =>
  firstOutput(context, ['build-image', 'layer-image', 'take-image']);

async function firstOutput<T>(context: StepWork, steps: readonly string[]): Promise<T | undefined> {
  for (const step of steps) {
    const output = await context.outputOf(step);
    if (output !== undefined) return output as unknown as T;
  }
  return undefined;
}
