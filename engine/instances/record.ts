import { sql } from 'kysely';
import type { Environment } from '../environments/find';
import { emit } from '../events/emit';
import { type InstanceId, newId } from '../model/ids';
import type { InstanceState } from '../model/states';
import type { EngineParts } from '../parts';
import type { Lane } from '../ports/gateway';
import { looseLanes } from '../rollout/traffic';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import { statement } from '../store/statement';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';

export type Instance = Tables['instances'];

/** Writes down an instance before it is started; the same name again is the same instance. */
export async function recordInstance(
  parts: EngineParts,
  lease: StepLease,
  instance: { name: string; environment: Environment; releaseId: string; lane: Lane; ordinal: number; port: number },
): Promise<void> {
  await parts.store.write(async (tx) => {
    await fence(tx, lease);
    await tx
      .insertInto('instances')
      .values({
        id: newId<InstanceId>(parts.clock, parts.random),
        name: instance.name,
        app_id: lease.app.id,
        environment_id: instance.environment.id,
        release_id: instance.releaseId as never,
        cluster: instance.environment.cluster,
        lane: instance.lane,
        ordinal: instance.ordinal,
        state: 'starting',
        container: null,
        address: null,
        port: instance.port,
        kept_until: null,
        created_at: parts.clock.now(),
        ended_at: null,
      })
      .onConflict((c) =>
        c.column('name').doUpdateSet({ state: 'starting', ended_at: null, kept_until: null, lane: instance.lane }),
      )
      .execute();
  });
}

/**
 * What became of an instance. A state that is already there is no change.
 * @param from the state in which it was seen; nothing happens when it has another one by now
 */
export async function moveInstance(
  parts: EngineParts,
  name: string,
  to: { state: InstanceState; container?: string; address?: string },
  from?: InstanceState,
): Promise<void> {
  await parts.store.write((tx) => moveInstanceIn(parts, tx, name, to, from));
}

/** The same inside a transaction of the caller. */
export async function moveInstanceIn(
  parts: EngineParts,
  tx: Tx,
  name: string,
  to: { state: InstanceState; container?: string; address?: string },
  from?: InstanceState,
): Promise<void> {
  const move = tx
    .updateTable('instances')
    .set({
      state: to.state,
      ...(to.container === undefined ? {} : { container: to.container }),
      ...(to.address === undefined ? {} : { address: to.address }),
      ended_at: to.state === 'gone' ? parts.clock.now() : null,
    })
    .where('name', '=', name)
    .where((e) => e.or([e('state', '!=', to.state), e('address', 'is distinct from', to.address ?? null)]))
    .returning(['app_id', 'environment_id']);
  const row = await (from === undefined ? move : move.where('state', '=', from)).executeTakeFirst();
  if (row === undefined) return;
  const data = { instance: name, state: to.state };
  await emit(parts, tx, { app: row.app_id, run: null, type: 'traffic', data });
}

/** Instances that are not gone; failed ones that are kept for a look only when asked for: they have no place in a lane. */
export async function listInstances(
  parts: EngineParts,
  filter: { environmentId?: string; releaseId?: string; lane?: Lane; kept?: true } = {},
): Promise<Instance[]> {
  const { environmentId, ...rest } = filter;
  if (environmentId !== undefined && Object.keys(rest).length === 0) {
    return instancesAt(parts.store.read, { environmentId });
  }
  const left = filter.kept === true ? (['gone'] as const) : (['gone', 'kept'] as const);
  let query = parts.store.read.selectFrom('instances').selectAll().where('state', 'not in', left).orderBy('ordinal');
  if (filter.environmentId !== undefined) query = query.where('environment_id', '=', filter.environmentId as never);
  if (filter.releaseId !== undefined) query = query.where('release_id', '=', filter.releaseId as never);
  if (filter.lane !== undefined) query = query.where('lane', '=', filter.lane);
  return query.execute();
}

/** What every look at an environment begins with. */
const instancesAt = statement<{ environmentId: string }, Instance>((db, argument) =>
  db
    .selectFrom('instances')
    .selectAll()
    .where('state', 'not in', [sql.lit('gone' as const), sql.lit('kept' as const)])
    .where('environment_id', '=', argument('environmentId') as never)
    .orderBy('ordinal'),
);

/** Steps that start instances. */
const STARTING = ['deliver', 'promote'];

/** Instances that a step had begun to start, and which nobody will go on with: what it was to do was done without them. */
export async function abandonedInstances(
  parts: EngineParts,
  { id, appId }: Pick<Environment, 'id' | 'appId'>,
): Promise<Instance[]> {
  const starting = (await listInstances(parts, { environmentId: id })).filter(({ state }) => state === 'starting');
  if (starting.length === 0) return [];
  // Looked at after the list: who begins now has other instances.
  const open = await parts.store.read
    .selectFrom('steps')
    .select('id')
    .where('app_id', '=', appId)
    .where('kind', 'in', STARTING)
    .where('state', 'in', [sql.lit('ready' as const), sql.lit('running' as const)])
    .limit(1)
    .executeTakeFirst();
  await parts.store.settled();
  return open === undefined ? starting : [];
}

/**
 * Instances that are going and have no lane any more, as an environment was seen: it is empty, has another release, or
 * theirs has come back to it, with instances of its own or, when that failed, without a role.
 */
export async function lanelessInstances(
  parts: EngineParts,
  { id, traffic }: Pick<Environment, 'id' | 'traffic'>,
): Promise<Instance[]> {
  const all = await listInstances(parts, { environmentId: id });
  const isBack = ({ lane, release_id }: Instance): boolean =>
    all.some((one) => one.state === 'serving' && one.lane === lane && one.release_id === release_id);
  const loose = looseLanes(traffic);
  const hasLane = (one: Instance): boolean =>
    traffic.lanes[one.lane as Lane] === one.release_id && !loose.includes(one.lane as Lane) && !isBack(one);
  await parts.store.settled();
  return all.filter((one) => one.state === 'draining' && !hasLane(one));
}
