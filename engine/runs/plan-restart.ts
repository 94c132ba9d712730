import { BUILD_STAGE } from '../../pipelines/plan';
import type { PlannedStep } from '../../pipelines/types';
import type { StepState } from '../model/states';

/** What a restart takes over from the run that ended, and what it does once more. */
export interface RestartPlan {
  taken: string[];
  anew: string[];
}

/**
 * Which steps of a plan a new run must do. Pure. What has succeeded is taken over, except the step that was named and
 * what comes after it. A stage begins with its deliver: what its checks would look at may be another release by now.
 * A release belongs to its run, so it is sealed once more, of the same bytes; and people say yes to a run, so they are
 * asked again.
 * @param states how the steps ended in the earlier run
 * @param from the first step to do once more
 */
export function planRestart(
  steps: readonly PlannedStep[],
  states: ReadonlyMap<string, StepState>,
  from: string,
): RestartPlan {
  const again = new Set<string>();
  for (const { name, kind, needs } of steps) {
    const isNamed = name === from || states.get(name) !== 'succeeded' || kind === 'approve';
    if (isNamed || needs.some((need) => again.has(need))) again.add(name);
  }
  const stages = new Set(steps.filter(({ name }) => again.has(name)).map(({ stage }) => stage));
  const isAnew = ({ name, kind, stage }: PlannedStep): boolean =>
    again.has(name) || kind === 'seal' || (stage !== BUILD_STAGE && stages.has(stage));
  return {
    taken: steps.filter((step) => !isAnew(step)).map(({ name }) => name),
    anew: steps.filter(isAnew).map(({ name }) => name),
  };
}
