import { bug, type Mutant } from '../mutant';

export const switches: readonly Mutant[] = [
  bug(
    'old-route-followed',
    'after a switch the gateway is told the route from before it',
    'runners/serving/move-traffic.ts',
    'await followTraffic(engine, world, await engine.environments.find(environment.id));',
    'await followTraffic(engine, world, environment);',
  ),
  bug(
    'version-not-raised',
    'another route has the same version',
    'engine/environments/change.ts',
    'before.version : before.version + 1',
    'before.version : Math.max(1, before.version)',
  ),
  bug(
    'confirmed-unseen',
    'SQL believes that the gateway follows, and nobody told it',
    'runners/serving/follow-traffic.ts',
    'await world.gateway.route(route);',
    'if (route.version < 4) await world.gateway.route(route);',
  ),
  bug(
    'gateway-first',
    'the gateway is told before SQL has decided',
    'runners/serving/follow-traffic.ts',
    'await world.gateway.route(route);',
    'await world.gateway.route({ ...route, version: route.version + (route.version < 4 ? 0 : 1) });',
  ),
  bug(
    'health-not-awaited',
    'instances get requests before they are healthy',
    'runners/serving/introduce.ts',
    'await Promise.all([...ones.map((one) => untilHealthy(context, world, one)), ...joined]);',
    'await Promise.allSettled([...ones.map((one) => untilHealthy(context, world, one)), ...joined]);',
  ),
  bug(
    'not-drained',
    'instances are removed while the gateway still has them',
    'runners/serving/take-down.ts',
    'await world.gateway.removeServers(environment.slot, lane, names, drainMs);',
    'void drainMs;',
  ),
  bug(
    'cooled-early',
    'what is kept warm is stopped before its time',
    'engine/environments/cool.ts',
    'if (row.warm_until === null || row.warm_until > parts.clock.now()) return undefined;',
    '',
  ),
  bug(
    'way-back-lost',
    'a promotion does not note who was stable before',
    'engine/rollout/traffic.ts',
    'previous: old === null ? null : traffic.lanes[old],',
    'previous: traffic.previous,',
  ),
  bug(
    'whole-share',
    'gray gets all of the traffic',
    'runners/steps/share.ts',
    'share: wanted, rules,',
    'share: Math.min(10_000, wanted * 2), rules,',
  ),
  bug(
    'lane-given-twice',
    'what is removed from the world stays in the records',
    'runners/serving/take-down.ts',
    `await engine.instances.move(name, { state: 'gone' });`,
    '',
  ),
];
