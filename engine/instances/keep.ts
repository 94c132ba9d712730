import { findApp } from '../apps/find';
import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import type { Tx } from '../store/store';
import type { Instance } from './record';

/** Failed instances that are kept of one app; one more, and the oldest goes. */
export const KEPT_MAX = 3;

/**
 * Keeps an instance that did not get healthy: it has no place in a lane any more, and is removed when its time is over.
 * @returns until when, ms UTC
 */
export async function keepInstance(parts: EngineParts, lease: StepLease, name: string, forMs: number): Promise<number> {
  return parts.store.write(async (tx) => {
    await fence(tx, lease);
    const now = parts.clock.now();
    const until = now + forMs;
    await tx.updateTable('instances').set({ state: 'kept', kept_until: until }).where('name', '=', name).execute();
    const kept = await keptIn(tx).where('app_id', '=', lease.app.id).orderBy('created_at', 'desc').execute();
    for (const { name: old } of kept.slice(KEPT_MAX)) await endAt(tx, old, now);
    const run = lease.run.id;
    await emit(parts, tx, { app: lease.app.id, run, type: 'traffic', data: { instance: name, state: 'kept' } });
    await recordAudit(parts, tx, {
      chain: lease.app.name,
      actor: `runner:${lease.owner}`,
      action: 'instance.keep',
      object: `${lease.app.name}#${lease.run.number}/${lease.name}`,
      detail: { instance: name, until },
    });
    return until;
  });
}

/**
 * Ends the keeping now; the runner that reaches its cluster removes it within seconds.
 * @throws GantryError `app-unknown`, `instance-unknown`, `instance-serves`.
 */
export async function dropInstance(
  parts: EngineParts,
  wanted: { app: string; name: string },
  actor: Actor,
): Promise<{ name: string; state: 'kept' }> {
  const app = await findApp(parts, wanted.app);
  return parts.store.write(async (tx) => {
    const row = await tx
      .selectFrom('instances')
      .select(['name', 'state'])
      .where('app_id', '=', app.id)
      .where('name', '=', wanted.name)
      .where('state', '!=', 'gone')
      .executeTakeFirst();
    if (row === undefined) throw unknownInstance(app.name, wanted.name);
    if (row.state !== 'kept') throw serves(row.name, row.state);
    await endAt(tx, row.name, parts.clock.now());
    await recordAudit(parts, tx, {
      chain: app.name,
      actor,
      action: 'instance.remove',
      object: `${app.name}/${row.name}`,
      detail: { instance: row.name },
    });
    return { name: row.name, state: row.state };
  });
}

/** Kept instances of a cluster whose time is over. */
export async function overdueInstances(parts: EngineParts, cluster: string): Promise<Instance[]> {
  const now = parts.clock.now();
  const overdue = await keptIn(parts.store.read)
    .where('cluster', '=', cluster)
    .where('kept_until', '<=', now)
    .execute();
  await parts.store.settled();
  return overdue;
}

const keptIn = (db: Tx | EngineParts['store']['read']) =>
  db.selectFrom('instances').selectAll().where('state', '=', 'kept');

const endAt = (tx: Tx, name: string, at: number) =>
  tx.updateTable('instances').set({ kept_until: at }).where('name', '=', name).execute();

export function unknownInstance(app: string, name: string): GantryError {
  return new GantryError(
    'not-found',
    'instance-unknown',
    `${app} has no instance ${name}`,
    `see what there is: gantry instance list ${app}`,
  );
}

function serves(name: string, state: string): GantryError {
  return new GantryError(
    'conflict',
    'instance-serves',
    `${name} is ${state}; only a failed instance that is kept for a look can be removed by hand`,
    'change what serves with a push, gantry rollback or gantry undo',
  );
}
