import type { Engine } from '../../engine/engine';
import type { Logger } from '../../engine/ports/logger';
import { TRAFFIC_POLL_MS } from '../limits';
import { Watches } from './watches';

/** Tells when traffic of an environment (by its id) was measured: the time of the newest measurement. */
export type TrafficFeed = Watches<string, number>;

export const createTrafficFeed = (engine: Engine, log: Logger): TrafficFeed =>
  new Watches<string, number>(
    {
      key: (environmentId) => environmentId,
      look: (environmentId) => engine.traffic.newest(environmentId),
      same: (a, b) => a === b,
      everyMs: TRAFFIC_POLL_MS,
    },
    log,
  );
