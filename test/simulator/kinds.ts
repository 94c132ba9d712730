import type { StepContext, StepKind } from '../../engine/ports/step-kind';
import { effectKey } from '../../engine/steps/effect';
import { stepKinds } from '../../runners/steps/kinds';
import type { World } from '../../runners/world';
import { acting } from './process';

/** The runner's own step kinds; whatever they do to the world is noted with the step and the effect that it is for. */
export function simulatedKinds(world: World): ReadonlyMap<string, StepKind> {
  return new Map([...stepKinds(world)].map(([name, kind]) => [name, watched(kind)]));
}

const watched = (kind: StepKind): StepKind => ({
  kind: kind.kind,
  run: (context) => acting.run(actingFor(context), () => kind.run(watching(context))),
  inspect: (context) => acting.run(actingFor(context), () => kind.inspect(context)),
  undo: (context) => acting.run(actingFor(context), () => kind.undo(watching(context))),
});

const stepOf = ({ lease: { stepId, epoch } }: StepContext) => ({ stepId, epoch });
const actingFor = (context: StepContext) => ({ step: stepOf(context), effect: undefined });

function watching(context: StepContext): StepContext {
  const step = stepOf(context);
  const inEffect = <T>(key: string, work: () => Promise<T>): Promise<T> =>
    acting.run({ step, effect: { key, ...step } }, work);
  return {
    ...context,
    effect: (request) =>
      context.effect({
        ...request,
        find: (key) => inEffect(key, () => request.find(key)),
        act: (key, intent) => inEffect(key, () => request.act(key, intent)),
      }),
    ephemeral: (target, act) =>
      context.ephemeral(target, (key) => inEffect(effectKey(context.lease, target), () => act(key))),
  };
}
