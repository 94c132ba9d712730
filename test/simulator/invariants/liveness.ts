import { LANES } from '../../../engine/ports/gateway';
import { type Invariant, laneKey } from '../simulation';
import { trafficOf } from './facts';
import type { Picture } from './picture';
import { atRest, firstOf } from './support';

const FINAL: readonly string[] = ['succeeded', 'failed', 'cancelled', 'superseded', 'ignored'];

const ended: Invariant = atRest('V1', 'every run comes to its end, or waits for something that has a name', (p) => {
  const holders = new Map([...p.rows('runs').values()].filter((r) => r.holds_rollout === 1).map((r) => [r.app_id, r]));
  return firstOf(p.rows('runs').values(), (run) => {
    if (FINAL.includes(run.state)) return undefined;
    const asks = [...p.rows('approvals').values()].some((one) => one.run_id === run.id && one.state === 'requested');
    if (run.state === 'waiting' && asks) return undefined;
    const holder = holders.get(run.app_id);
    const isBehind = holder !== undefined && holder.id !== run.id && holder.state === 'waiting';
    return isBehind ? undefined : `run ${run.number} is ${run.state}, and nothing says what it waits for`;
  });
});

const outcome: Invariant = atRest('V2', 'every hook comes to an outcome', (p) =>
  firstOf(p.rows('hook_deliveries').values(), ({ delivery_id, outcome }) =>
    outcome === 'pending' ? `hook ${delivery_id} still is pending` : undefined,
  ),
);

const sameWorld: Invariant = atRest('V4', 'at rest the world is what SQL says: instances and servers', (p) => {
  const lost = firstOf(p.rows('instances').values(), ({ name, state }) =>
    state === 'serving' && !p.sim.world.instances.has(name) ? `${name} should serve, and is not there` : undefined,
  );
  return (
    lost ?? firstOf(p.rows('environments').values(), (row) => firstOf(LANES, (lane) => otherServers(p, row, lane)))
  );
});

function otherServers(
  p: Picture,
  row: { id: string; host: string; slot: number; traffic: string },
  lane: (typeof LANES)[number],
): string | undefined {
  const wanted = [...p.rows('instances').values()].filter(
    (one) => one.environment_id === row.id && one.lane === lane && one.state === 'serving',
  );
  const names = wanted.map(({ name }) => name).sort();
  const there = [...(p.sim.world.lanes.get(laneKey(row.slot, lane))?.keys() ?? [])].sort();
  if (names.join() !== there.join())
    return `lane ${lane} of ${row.host} has ${there.join() || 'nobody'}, not ${names.join()}`;
  const isStable = trafficOf(row).stable === lane;
  return isStable && names.length === 0 ? `${row.host} has no instance that serves` : undefined;
}

export const liveness: readonly Invariant[] = [ended, outcome, sameWorld];
