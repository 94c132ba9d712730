import { LANES, type Lane, type Route } from '../../../engine/ports/gateway';
import type { Traffic } from '../../../engine/rollout/traffic';
import type { Act, Invariant } from '../simulation';
import { releaseIn, switchesOf, trafficOf } from './facts';
import { serversOf } from './gateway';
import type { Picture } from './picture';
import type { Row } from './recorder';
import { always, firstOf } from './support';

const oneHolder: Invariant = always('W1', 'at most one run per app holds gray and production', (p) => {
  if (p.changesOf('runs').length + p.changesOf('steps').length === 0) return undefined;
  const holders = new Map<string, number>();
  for (const { app_id, number, holds_rollout } of p.rows('runs').values()) {
    if (holds_rollout !== 1) continue;
    const other = holders.get(app_id);
    if (other !== undefined) return `runs ${other} and ${number} both hold gray and production`;
    holders.set(app_id, number);
  }
  return undefined;
});

/** A rollback goes first (priority), and a share by hand moves only traffic: neither asks for the rollout. */
const oneMover: Invariant = always('W1b', 'no two runs of an app work on gray and production at once', (p) => {
  if (p.changesOf('steps').length === 0) return undefined;
  const movers = new Map<string, Row<'runs'>>();
  for (const step of p.rows('steps').values()) {
    const run = p.rows('runs').get(step.run_id);
    const counts = step.state === 'running' && ['gray', 'production'].includes(step.role) && run?.priority === 0;
    if (!counts || run === undefined) continue;
    const other = movers.get(step.app_id) ?? run;
    if (other.id !== run.id) return `runs ${other.number} and ${run.number} both work on gray and production`;
    movers.set(step.app_id, run);
  }
  return undefined;
});

const twoAtMost: Invariant = always('W3', 'traffic meets two releases at most, each in a lane of its own', (p) => {
  const traffic = firstOf(p.changesOf('environments'), ({ is }) =>
    is === undefined ? undefined : brokenIn(trafficOf(is)),
  );
  return traffic ?? firstOf(p.sim.world.routes.values(), (route) => mixedLane(p, route));
});

function brokenIn({ lanes, stable, gray, warm, share, leaving }: Traffic): string | undefined {
  const roles = [stable, gray, warm].filter((lane) => lane !== null);
  if (new Set(roles).size < roles.length) return 'one lane has two roles';
  if (roles.some((lane) => lanes[lane] === null)) return 'a lane has a role and no release';
  if (share < 0 || share > 10_000) return `a share of ${share}`;
  if (share > 0 && gray === null) return 'a share without a gray release';
  if (leaving !== null && warm === null) return 'somebody leaves, and nothing is warm';
  const held = LANES.flatMap((lane) => lanes[lane] ?? []);
  return new Set(held).size < held.length ? 'one release stands in two lanes' : undefined;
}

function mixedLane(p: Picture, route: Route): string | undefined {
  return firstOf(LANES, (lane) => {
    const releases = new Set(serversOf(p, route, lane).map((name) => p.rows('instances').get(name)?.release_id));
    return releases.size > 1 ? `lane ${lane} of ${route.host} has servers of ${releases.size} releases` : undefined;
  });
}

const drainedFirst: Invariant = always('W4', 'an instance leaves the gateway before it is removed', (p) => {
  if (p.acts.length === 0) return undefined;
  return firstOf(p.acts, ({ kind, target, changed }) => {
    if (kind !== 'instance-remove' || !changed || p.sim.world.instances.has(target)) return undefined;
    const lane = [...p.sim.world.lanes].find(([, servers]) => servers.has(target));
    return lane === undefined ? undefined : `${target} was removed; the gateway still has it in ${lane[0]}`;
  });
});

const standing: Invariant = always('W4b', 'what serves, is gray or is warm is not stopped', (p) =>
  firstOf(p.acts, (act) => (act.kind === 'instance-remove' && act.changed ? stoppedInRole(p, act) : undefined)),
);

/** Of several instances one that never got ready may go: the others stand. */
function stoppedInRole(p: Picture, { target }: Act): string | undefined {
  const row = p.rows('instances').get(target);
  const environment = p.rows('environments').get(row?.environment_id ?? '');
  if (row === undefined || environment === undefined || row.state === 'kept') return undefined;
  const { lanes, stable, gray, warm } = trafficOf(environment);
  const role = Object.entries({ stable, gray, warm }).find(([, lane]) => lane === row.lane)?.[0];
  if (role === undefined || lanes[row.lane as Lane] !== row.release_id) return undefined;
  const others = [...p.rows('instances').values()].filter(
    (one) =>
      one.environment_id === row.environment_id &&
      one.lane === row.lane &&
      one.state === 'serving' &&
      one.name !== target,
  );
  return others.length > 0 ? undefined : `${target} was removed while it is ${role} in ${environment.name}`;
}

const shares: Invariant = always('W6', 'gray has the share that a step gave it, and nothing else raises it', (p) =>
  firstOf(switchesOf(p), ({ environment, before, after, step }) => {
    const isHigher = after.share > before.share || (after.gray !== before.gray && after.share > 0);
    if (!isHigher) return undefined;
    const wanted = step?.kind === 'share' ? (JSON.parse(step.spec) as { share: number }).share : 0;
    if (step?.kind === 'share' && step.verb === 'undo') return undefined;
    return after.share <= wanted
      ? undefined
      : `the share of ${environment.host} rose to ${after.share} by ${step?.name ?? 'a rule'}, which has ${wanted}`;
  }),
);

/** A release is one record: image, configuration and settings go together. */
const together: Invariant = always('W7', 'all that serves in a lane is of the release that the lane has', (p) => {
  if (p.changesOf('instances').length + p.changesOf('environments').length === 0) return undefined;
  return firstOf(p.rows('instances').values(), ({ name, state, lane, release_id, environment_id }) => {
    const environment = p.rows('environments').get(environment_id);
    if (state !== 'serving' || environment === undefined) return undefined;
    const held = trafficOf(environment).lanes[lane as Lane];
    return held === release_id ? undefined : `${name} serves in lane ${lane}, which has another release`;
  });
});

/** W10 after a restore: records that nobody has compared with the world yet decide nothing. */
const heldBack: Invariant = always(
  'W10b',
  'while everything is held no step begins and nothing is switched by itself',
  (p) => {
    const isHeld = p.rows('meta').has('hold:restore') && p.changesOf('meta').length === 0;
    if (!isHeld) return undefined;
    const taken = p
      .changesOf('steps')
      .find(({ was, is }) => was !== undefined && is !== undefined && is.epoch > was.epoch);
    if (taken !== undefined) return `step ${taken.is?.name} was taken while everything is held`;
    const rule = p.audit.find(({ action, actor }) => action === 'traffic.change' && actor.startsWith('rule:'));
    return rule === undefined ? undefined : `${rule.actor} switched ${rule.object} while everything is held`;
  },
);

/** The stable release of each environment that a switch of the last command changed. */
export const stableMoves = (p: Picture) =>
  switchesOf(p).flatMap((one) => {
    const from = releaseIn(one.before, one.before.stable);
    const to = releaseIn(one.after, one.after.stable);
    return from === to ? [] : [{ ...one, from, to }];
  });

export const switching: readonly Invariant[] = [
  ...[oneHolder, oneMover, twoAtMost, drainedFirst, standing, shares, together, heldBack],
];
