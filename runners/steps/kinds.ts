import type { StepKind } from '../../engine/ports/step-kind';
import type { World } from '../world';
import { approveStep } from './approve';
import { buildArtifactStep } from './build-artifact';
import { buildImageStep } from './build-image';
import { commandStep } from './command';
import { deliverStep } from './deliver';
import { layerImageStep } from './layer-image';
import { observeStep } from './observe';
import { planStep } from './plan';
import { promoteStep } from './promote';
import { retireStep } from './retire';
import { sealStep } from './seal';
import { shareStep } from './share';
import { takeArtifactStep } from './take-artifact';
import { takeImageStep } from './take-image';
import { verifyStep } from './verify';

/** Every step kind that this runner knows. */
export function stepKinds(world: World): Map<string, StepKind> {
  const kinds = [
    planStep(world),
    commandStep(world),
    buildImageStep(world),
    buildArtifactStep(world),
    takeArtifactStep(world),
    takeImageStep(world),
    layerImageStep(world),
    sealStep(world),
    deliverStep(world),
    verifyStep(world),
    approveStep(),
    shareStep(world),
    observeStep(world),
    promoteStep(world),
    retireStep(world),
  ];
  return new Map(kinds.map((kind) => [kind.kind, kind as unknown as StepKind]));
}
