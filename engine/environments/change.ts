import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { GantryError } from '../model/errors';
import { canonical } from '../model/hash';
import type { EngineParts } from '../parts';
import { checkTraffic, type Traffic, TrafficError } from '../rollout/traffic';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import { statement } from '../store/statement';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { type Environment, findEnvironmentIn, routeOf } from './find';
import { mustServe } from './serving';

/** On whose behalf traffic changes: a step under its lease, or a rule of ours under a term. */
export type Mover = { lease: StepLease } | { rule: string };

export interface MoveOptions {
  /** Until when what is kept warm is; absent: as before. */
  warmUntil?: number | null;
  /** Only while instances of this release serve in its lane: what is going there is no one to switch to. */
  serving?: string;
}

/**
 * The one switch path: promote, rollback, gray, undo and the rules all come through here. Reads the traffic, applies a
 * pure move, checks the invariants, and writes it with the next version. A move that leaves the route as it is keeps its
 * version, so that a repeated act is the same act.
 * @throws GantryError `traffic-refused` when the move is impossible now, `release-gone` when what it needs does not serve
 * any more; LeaseLostError for a late actor.
 */
export async function changeTraffic(
  parts: EngineParts,
  mover: Mover,
  environmentId: Environment['id'],
  move: (traffic: Traffic) => Traffic,
  extra: MoveOptions = {},
): Promise<Environment> {
  return parts.store.write(async (tx) => {
    if ('lease' in mover) await fence(tx, mover.lease);
    return (await changeTrafficIn(parts, tx, mover, environmentId, move, extra)).after;
  });
}

/** The same inside a transaction that was fenced already: a switch is decided together with its intent. */
export async function changeTrafficIn(
  parts: EngineParts,
  tx: Tx,
  mover: Mover,
  environmentId: Environment['id'],
  move: (traffic: Traffic) => Traffic,
  extra: MoveOptions = {},
): Promise<{ before: Environment; after: Environment }> {
  const before = await findEnvironmentIn(tx, environmentId);
  if (extra.serving !== undefined) await mustServe(tx, before, extra.serving);
  const traffic = tryMove(before, move);
  const same = canonical(traffic) === canonical(before.traffic);
  const after: Environment = {
    ...before,
    traffic,
    version: sameRoute(before, traffic) ? before.version : before.version + 1,
    graySince: sameGray(before.traffic, traffic) ? before.graySince : graySince(parts, mover, traffic),
    warmUntil: extra.warmUntil === undefined ? before.warmUntil : extra.warmUntil,
  };
  if (!same || after.warmUntil !== before.warmUntil) await write(parts, tx, mover, before, after);
  return { before, after };
}

/** Instances that come and go in a lane without a role are nothing that the gateway must follow. */
const sameRoute = (before: Environment, traffic: Traffic): boolean =>
  canonical(routeOf({ ...before, traffic })) === canonical(routeOf(before));

/** Who meets gray is as it was. */
const sameGray = (a: Traffic, b: Traffic): boolean =>
  a.gray === b.gray && a.share === b.share && canonical(a.rules) === canonical(b.rules);

const graySince = (parts: EngineParts, mover: Mover, { gray }: Traffic): Environment['graySince'] =>
  gray === null
    ? null
    : { at: parts.clock.now(), by: 'lease' in mover ? mover.lease.run.startedBy : `rule:${mover.rule}` };

function tryMove(environment: Environment, move: (traffic: Traffic) => Traffic): Traffic {
  try {
    const traffic = move(environment.traffic);
    const broken = checkTraffic(traffic);
    if (broken.length > 0) throw new TrafficError(broken.join('; '));
    return traffic;
  } catch (error) {
    if (!(error instanceof TrafficError)) throw error;
    throw new GantryError(
      'conflict',
      'traffic-refused',
      `the traffic of ${environment.app} in ${environment.name} stays as it is: ${error.message}`,
      `see it: gantry app show ${environment.app}`,
      { cause: error },
    );
  }
}

type Written = Pick<Tables['environments'], 'id' | 'traffic' | 'version' | 'warm_until' | 'gray_since' | 'gray_by'> & {
  read: number;
};
const writeTraffic = statement<Written, unknown>((db, argument) =>
  db
    .updateTable('environments')
    .set({
      traffic: argument('traffic'),
      version: argument('version'),
      warm_until: argument('warm_until'),
      gray_since: argument('gray_since'),
      gray_by: argument('gray_by'),
    })
    .where('id', '=', argument('id'))
    .where('version', '=', argument('read')),
);

async function write(parts: EngineParts, tx: Tx, mover: Mover, before: Environment, after: Environment): Promise<void> {
  await writeTraffic(tx, {
    id: after.id,
    read: before.version,
    traffic: canonical(after.traffic),
    version: after.version,
    warm_until: after.warmUntil,
    gray_since: after.graySince?.at ?? null,
    gray_by: after.graySince?.by ?? null,
  });
  await emit(parts, tx, {
    app: after.appId,
    run: 'lease' in mover ? mover.lease.run.id : null,
    type: 'traffic',
    data: { environment: after.name, version: after.version, ...after.traffic },
  });
  await recordAudit(parts, tx, {
    chain: after.app,
    actor: 'lease' in mover ? `runner:${mover.lease.owner}` : `rule:${mover.rule}`,
    action: 'traffic.change',
    object: `${after.app}/${after.name}`,
    detail: {
      before: before.traffic,
      after: after.traffic,
      version: after.version,
      for: 'lease' in mover ? `${mover.lease.app.name}#${mover.lease.run.number}/${mover.lease.name}` : mover.rule,
    },
  });
}

const noteConfirmed = statement<{ id: Environment['id']; version: number }, unknown>((db, argument) =>
  db
    .updateTable('environments')
    .set({ confirmed_version: argument('version') })
    .where('id', '=', argument('id'))
    .where('confirmed_version', '<', argument('version')),
);

/** Notes that the gateway was seen to follow this version. */
export async function confirmTraffic(parts: EngineParts, { id, version }: Environment): Promise<void> {
  await parts.store.write((tx) => noteConfirmed(tx, { id, version }));
}
