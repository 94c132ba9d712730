import type { Engine } from '../../engine/engine';
import type { Environment } from '../../engine/environments/find';
import { messageOf } from '../../engine/model/errors';
import type { Lane, LaneCounters } from '../../engine/ports/gateway';
import type { TrafficRole, TrafficSample } from '../../engine/traffic/record';
import type { World } from '../world';

/** How often the gateway's counters are read while a gray release is there, ms. */
export const SAMPLE_MS = 2_000;
/** Response times that are kept of one lane and span; a busy app has more, and these are enough for its percentiles. */
const TIMES_MAX = 5_000;
const FORGET_EVERY_MS = 3_600_000;

/** An environment that has a gray release, since it was seen to. */
interface Watched {
  environment: Environment;
  /** Response times since the last look, by lane. */
  times: Map<Lane, number[]>;
  /** What the gateway had counted at the last look; nothing before the first one. */
  counted: ReadonlyMap<Lane, LaneCounters> | undefined;
  countedAt: number;
  stop: AbortController;
}

/**
 * Measures stable and gray side by side, for as long as there is a gray release: the charts of the run page. It reads
 * what the gateway counts anyway, so traffic is never slowed, and writes nothing while nobody is gray.
 */
export class TrafficSampler {
  private readonly watched = new Map<string, Watched>();
  private forgotAt = 0;

  constructor(
    private readonly engine: Engine,
    private readonly world: World,
  ) {}

  /** One look at everything that is gray in this cluster. */
  async turn(): Promise<void> {
    const gray = (await this.engine.environments.list()).filter(
      ({ cluster, traffic }) => cluster === this.world.cluster.name && traffic.gray !== null,
    );
    for (const [id, watched] of this.watched) if (!gray.some((e) => e.id === id)) this.leave(id, watched);
    if (gray.length > 0) await this.measure(gray);
    await this.forget();
  }

  /** Another runner measures now, or this one stops. */
  rest(): void {
    for (const [id, watched] of this.watched) this.leave(id, watched);
  }

  private async measure(gray: readonly Environment[]): Promise<void> {
    for (const environment of gray) this.begin(environment);
    const counters = await this.world.gateway.counters();
    const now = this.engine.parts.clock.now();
    for (const watched of this.watched.values()) {
      const own = counters.filter((c) => c.slot === watched.environment.slot);
      const counted = new Map(own.map((c) => [c.lane, c]));
      const samples = watched.counted === undefined ? [] : samplesOf(watched, watched.counted, counted);
      await this.engine.traffic.record(samples, now - watched.countedAt);
      watched.counted = counted;
      watched.countedAt = now;
      watched.times.clear();
    }
  }

  /** Begins to watch, or notes what has changed: a lane may serve another release now. */
  private begin(environment: Environment): void {
    const known = this.watched.get(environment.id);
    if (known !== undefined) {
      if (JSON.stringify(known.environment.traffic.lanes) !== JSON.stringify(environment.traffic.lanes)) {
        known.counted = undefined;
      }
      known.environment = environment;
      return;
    }
    const stop = new AbortController();
    const times = new Map<Lane, number[]>();
    const watched: Watched = { environment, times, counted: undefined, countedAt: 0, stop };
    this.watched.set(environment.id, watched);
    this.world.gateway
      .watch(environment.slot, ({ lane, responseMs }) => keep(times, lane, responseMs), stop.signal)
      .catch((error: unknown) => {
        if (this.watched.get(environment.id) === watched) this.watched.delete(environment.id); // tried again
        const fields = { app: environment.app, error: messageOf(error) };
        this.engine.parts.log.warn(fields, 'response times cannot be watched; trying again');
      });
  }

  private leave(id: string, watched: Watched): void {
    watched.stop.abort();
    this.watched.delete(id);
  }

  private async forget(): Promise<void> {
    const now = this.engine.parts.clock.now();
    if (now - this.forgotAt < FORGET_EVERY_MS) return;
    await this.engine.traffic.forget();
    this.forgotAt = now;
  }
}

function keep(times: Map<Lane, number[]>, lane: Lane, responseMs: number): void {
  const own = times.get(lane) ?? [];
  if (own.length < TIMES_MAX) own.push(responseMs);
  times.set(lane, own);
}

function samplesOf(
  { environment, times }: Watched,
  before: ReadonlyMap<Lane, LaneCounters>,
  after: ReadonlyMap<Lane, LaneCounters>,
): TrafficSample[] {
  const { stable, gray, lanes } = environment.traffic;
  const roles: [TrafficRole, Lane | null][] = [
    ['stable', stable],
    ['gray', gray],
  ];
  return roles.flatMap(([role, lane]) => {
    const releaseId = lane === null ? null : lanes[lane];
    if (lane === null || releaseId === null) return [];
    const counts = grown(before.get(lane), after.get(lane));
    const seen = times.get(lane) ?? [];
    const release = releaseId as TrafficSample['releaseId'];
    return [{ environmentId: environment.id, role, releaseId: release, ...counts, times: seen }];
  });
}

/** Counters begin at zero when the gateway restarts; and a lane that has met no request has none. */
function grown(before: LaneCounters | undefined, after: LaneCounters | undefined) {
  const errorsOf = (c: LaneCounters | undefined) => (c?.errors5xx ?? 0) + (c?.failed ?? 0);
  const isAnew = (after?.requests ?? 0) < (before?.requests ?? 0);
  const base = isAnew ? undefined : before;
  return {
    requests: (after?.requests ?? 0) - (base?.requests ?? 0),
    errors: Math.max(0, errorsOf(after) - errorsOf(base)),
  };
}
