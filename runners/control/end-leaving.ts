import type { Engine } from '../../engine/engine';
import { followTraffic } from '../serving/follow-traffic';
import type { World } from '../world';

/**
 * Ends the time of what lost the traffic: sessions move to stable, then WebSockets and answers still open are closed.
 * Each turn may be cut off anywhere: the next one does the rest.
 */
export async function endLeaving(engine: Engine, world: World): Promise<void> {
  for (const environment of await engine.environments.list()) {
    const { leaving } = environment.traffic;
    if (environment.cluster !== world.cluster.name || leaving === null) continue;
    const ended = await engine.environments.endSessions(environment.id);
    if (ended === undefined || ended.traffic.warm === null) continue;
    await followTraffic(engine, world, ended);
    await world.gateway.closeSessions(ended.slot, ended.traffic.warm);
    await engine.environments.endLeaving(ended.id);
    const line = 'the time of the release that lost the traffic is over: what was open there was closed';
    engine.parts.log.info({ app: ended.app, lane: ended.traffic.warm }, line);
  }
}
