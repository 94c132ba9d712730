import { type ShownRule, showRules } from '../gray/rules';
import { listInstances } from '../instances/record';
import type { InstanceState } from '../model/states';
import type { EngineParts } from '../parts';
import type { Lane } from '../ports/gateway';
import type { ReleaseRecord } from '../releases/record';
import { type Environment, listEnvironments } from './find';

export interface ReleaseRef {
  number: number;
  hash: string;
  id: string;
  commit: string;
}

export interface InstanceShown {
  name: string;
  state: InstanceState;
  /** Number of the release that runs in it. */
  release: number;
  lane: string;
  address: string | null;
  port: number;
  /** A failed one that is kept for a look goes then. */
  keptUntil: number | null;
}

/** An environment as people see it: which release has which role, and what runs. */
export interface EnvironmentShown {
  app: string;
  name: string;
  role: 'environment' | 'production';
  host: string;
  /** The last decided traffic, and the last one that the gateway was seen to follow. */
  version: number;
  confirmedVersion: number;
  /** Gray's share in 1/10,000. */
  share: number;
  rules: ShownRule[];
  warmUntil: number | null;
  stable: ReleaseRef | null;
  gray: ReleaseRef | null;
  warm: ReleaseRef | null;
  /** Was stable before, and is the way back: kept warm or, later, started again from its image. */
  previous: ReleaseRef | null;
  instances: InstanceShown[];
}

/** All environments by app and age; of one app when asked. */
export async function showEnvironments(parts: EngineParts, appId?: string): Promise<EnvironmentShown[]> {
  const environments = await listEnvironments(parts, appId);
  const shown: EnvironmentShown[] = [];
  for (const environment of environments) shown.push(await show(parts, environment));
  return shown;
}

async function show(parts: EngineParts, environment: Environment): Promise<EnvironmentShown> {
  const { traffic } = environment;
  const instances = await listInstances(parts, { environmentId: environment.id, kept: true });
  const ids = [...Object.values(traffic.lanes), traffic.previous, ...instances.map((i) => i.release_id)];
  const releases = await refs(parts, [...new Set(ids.filter((id): id is string => id !== null))]);
  const inLane = (lane: Lane | null): ReleaseRef | null => {
    const id = lane === null ? null : traffic.lanes[lane];
    return id === null ? null : (releases.get(id) ?? null);
  };
  return {
    app: environment.app,
    name: environment.name,
    role: environment.role,
    host: environment.host,
    version: environment.version,
    confirmedVersion: environment.confirmedVersion,
    share: traffic.share,
    rules: await showRules(parts, traffic.rules),
    warmUntil: traffic.warm === null ? null : environment.warmUntil,
    stable: inLane(traffic.stable),
    gray: inLane(traffic.gray),
    warm: inLane(traffic.warm),
    previous: traffic.previous === null ? null : (releases.get(traffic.previous) ?? null),
    instances: instances.map((i) => ({
      name: i.name,
      state: i.state,
      release: releases.get(i.release_id)?.number ?? 0,
      lane: i.lane,
      address: i.address,
      port: i.port,
      keptUntil: i.kept_until,
    })),
  };
}

async function refs(parts: EngineParts, ids: readonly string[]): Promise<Map<string, ReleaseRef>> {
  if (ids.length === 0) return new Map();
  const rows = await parts.store.read
    .selectFrom('releases')
    .select(['id', 'number', 'hash', 'record'])
    .where('id', 'in', ids as never[])
    .execute();
  return new Map(
    rows.map(({ id, number, hash, record }) => [
      id,
      { id, number, hash, commit: (JSON.parse(record) as ReleaseRecord).commit },
    ]),
  );
}
