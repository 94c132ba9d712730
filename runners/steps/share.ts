import type { Json } from '../../engine/model/hash';
import type { GrayRule } from '../../engine/ports/gateway';
import type { StepContext, StepKind, StepResult } from '../../engine/ports/step-kind';
import type { Release } from '../../engine/releases/find';
import { currentRules, type FormerRules } from '../../engine/rollout/rules';
import { clearGray, laneOf, setGray } from '../../engine/rollout/traffic';
import { formatShare } from '../../pipelines/units';
import { type Moved, moveTraffic } from '../serving/move-traffic';
import type { World } from '../world';
import { grayKey, graySalt, productionOf, releaseOf } from './release-of';

/** Lets a part of the traffic meet the gray release. */
export function shareStep(world: World): StepKind<'share'> {
  return {
    kind: 'share',
    run: (context) => share(context, world),
    inspect: async () => ({ found: 'partly' }), // the same share again changes nothing
    undo: (context) => unshare(context, world),
  };
}

async function share(context: StepContext<'share'>, world: World): Promise<StepResult> {
  const environment = await productionOf(context);
  const release = await releaseOf(context);
  const wanted = context.spec.share;
  if (environment.traffic.stable === null) {
    context.log('this is the first release: there is no stable one to share the traffic with; it waits for promote');
    return { end: 'succeeded', output: { share: 0, before: environment.traffic as unknown as Json } };
  }
  const rules = rulesOf(context, release);
  const moved = await moveTraffic(
    context,
    world,
    environment,
    (t) => setGray(t, release.id, { share: wanted, rules, key: grayKey(release), salt: graySalt(release) }),
    { target: 'route production' },
  );
  context.log(`${formatShare(wanted)} of the traffic of ${environment.host} meets release ${release.number}`);
  return { end: 'succeeded', output: { share: wanted, before: moved.before } as unknown as Json };
}

/** Those that a person gave with the share, or those that were sealed with the release. */
function rulesOf(context: StepContext<'share'>, release: Release): readonly GrayRule[] {
  const { rules } = context.spec as { rules?: readonly GrayRule[] | FormerRules };
  return rules === undefined ? (release.record.stages[context.lease.stage]?.gray?.rules ?? []) : currentRules(rules);
}

async function unshare(context: StepContext<'share'>, world: World): Promise<StepResult> {
  const environment = await productionOf(context);
  const release = await releaseOf(context);
  const before = (context.undone as unknown as Pick<Moved, 'before'> | undefined)?.before;
  await moveTraffic(
    context,
    world,
    environment,
    (t) => {
      const lane = laneOf(t, release.id);
      if (lane === undefined || t.gray !== lane) return t;
      if (before === undefined || before.gray !== lane) return t.stable === null ? clearGray(t) : { ...t, share: 0 };
      return { ...t, share: before.share, rules: currentRules(before.rules) };
    },
    { target: 'route production' },
  );
  context.log(`the traffic of release ${release.number} was taken back`);
  return { end: 'succeeded', output: null };
}
