import type { EngineParts } from '../../engine/parts';
import type { StepLease } from '../../engine/steps/lease';
import { takeSteps } from '../../engine/steps/take';
import type { Reach } from '../../engine/steps/waiting';

/** The one step that should be done next; undefined when there is none. */
export async function takeStep(parts: EngineParts, owner: string, reach: Reach): Promise<StepLease | undefined> {
  return (await takeSteps(parts, owner, () => ({ ...reach, limit: 1 })))[0];
}
