import type { Environment } from '../../engine/environments/find';
import { StepFailure } from '../../engine/model/errors';
import type { Json } from '../../engine/model/hash';
import type { StepContext, StepKind, StepResult, StepWork } from '../../engine/ports/step-kind';
import type { Release } from '../../engine/releases/find';
import {
  clearGray,
  dropWarm,
  laneOf,
  laneToFree,
  looseLanes,
  replaceStable,
  setGray,
  type Traffic,
} from '../../engine/rollout/traffic';
import { bringImage } from '../serving/bring-image';
import { bringUp, keepUp } from '../serving/bring-up';
import { type Moved, moveTraffic } from '../serving/move-traffic';
import { finishTakingDown, takeDown } from '../serving/take-down';
import type { World } from '../world';
import { grayKey, graySalt, releaseOf } from './release-of';

interface DeliverOutput {
  environment: string;
  /** Release that served the environment before; null when there was none. */
  before: string | null;
}

/**
 * Starts instances of the release. In an environment of its own they take over at once; in gray they stand beside
 * stable without traffic, reachable only by the release's own key, until a share is given.
 */
export function deliverStep(world: World): StepKind<'deliver'> {
  return {
    kind: 'deliver',
    run: (context) => deliver(context, world),
    inspect: async () => ({ found: 'partly' }), // each effect finds its container by its name
    undo: (context) => undeliver(context, world),
  };
}

async function deliver(context: StepContext<'deliver'>, world: World): Promise<StepResult> {
  const release = await releaseOf(context);
  const stage = { name: context.lease.stage, role: context.spec.role };
  const environment = await context.engine.environments.ensure(context.lease, stage);
  context.log(`release ${release.number} to ${environment.name} (${context.spec.mode}), host ${environment.host}`);
  // An undone `retire` leaves instances without a role: they stand until somebody needs their lane.
  const full = stage.role !== 'environment' && laneToFree(environment.traffic, release.id) !== undefined;
  if (full) await clearLoose(context, world, environment.id);
  const brought = await bringUp(context, world, environment, release, stage.name);
  const isAlone = stage.role === 'environment';
  // As it was before this step, also when an earlier epoch of it has switched already.
  const moved = await (isAlone ? takeOver : standBeside)(context, world, environment, release);
  await Promise.all([
    keepUp(world, environment, brought),
    isAlone ? clearLoose(context, world, environment.id) : undefined,
  ]);
  const before = moved.before.stable === null ? null : moved.before.lanes[moved.before.stable];
  context.log(`release ${release.number} stands in lane ${brought.lane}`);
  const output: DeliverOutput = { environment: environment.id, before };
  return { end: 'succeeded', output: output as unknown as Json };
}

function takeOver(context: StepWork, world: World, environment: Environment, release: Release): Promise<Moved> {
  return moveTraffic(context, world, environment, (t) => replaceStable(t, release.id), {
    target: `route ${environment.name}`,
  });
}

async function standBeside(
  context: StepWork,
  world: World,
  environment: Environment,
  release: Release,
): Promise<Moved> {
  const gray = { share: 0, rules: [], key: grayKey(release), salt: graySalt(release) };
  // A release that is gray already (gray comes before production) keeps the traffic that it has.
  const move = (t: Traffic) => (t.gray !== null && t.lanes[t.gray] === release.id ? t : setGray(t, release.id, gray));
  return moveTraffic(context, world, environment, move, {
    target: `route ${environment.name}`,
  });
}

/** Drains and removes what no role names. */
export async function clearLoose(context: StepWork, world: World, environmentId: Environment['id']): Promise<void> {
  await finishTakingDown(context, world, environmentId);
  const environment = await context.engine.environments.find(environmentId);
  for (const lane of looseLanes(environment.traffic)) await takeDown(context, world, environment, lane);
}

/** Gray goes away again; an environment gets back the release that it had. */
async function undeliver(context: StepContext<'deliver'>, world: World): Promise<StepResult> {
  const { engine, log } = context;
  const release = await releaseOf(context);
  const stage = { name: context.lease.stage, role: context.spec.role };
  const environment = await engine.environments.ensure(context.lease, stage);
  const lane = laneOf(environment.traffic, release.id);
  if (lane === undefined) {
    await finishTakingDown(context, world, environment.id);
    log(`release ${release.number} has nothing in ${environment.name}; nothing to undo`);
    return { end: 'succeeded', output: null };
  }
  if (stage.role === 'environment') await giveBack(context, world, environment, release);
  else if (environment.traffic.stable === lane) {
    log(`release ${release.number} is stable in ${environment.name} and stays; first undo what made it so`);
    return { end: 'succeeded', output: null };
  } else {
    const leave = (t: Traffic) => (t.gray === lane ? clearGray(t) : t.warm === lane ? dropWarm(t) : t);
    await moveTraffic(context, world, environment, leave, { target: `route ${environment.name}` });
  }
  await clearLoose(context, world, environment.id);
  log(`release ${release.number} was taken out of ${environment.name}`);
  return { end: 'succeeded', output: null };
}

async function giveBack(context: StepWork, world: World, environment: Environment, release: Release): Promise<void> {
  const before = (context.undone as unknown as DeliverOutput | undefined)?.before ?? null;
  if (before === null) {
    throw new StepFailure(
      'user',
      `nothing ran in ${environment.name} before release ${release.number}`,
      'deliver another release to it',
    );
  }
  const previous = await context.engine.releases.find(before);
  await bringImage(context, world, previous, environment.name);
  const brought = await bringUp(context, world, environment, previous, environment.name);
  await takeOver(context, world, environment, previous);
  await keepUp(world, environment, brought);
}
