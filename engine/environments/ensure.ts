import { recordAudit } from '../audit/record';
import { canonical } from '../model/hash';
import { type EnvironmentId, newId } from '../model/ids';
import type { EngineParts } from '../parts';
import { EMPTY_TRAFFIC } from '../rollout/traffic';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import type { Tx } from '../store/store';
import { type Environment, toEnvironment } from './find';

/**
 * The place where a stage's releases run, made at its first use: gray and production share one (`production`), every
 * other stage has its own. It gets a host name and a free slot of the gateway.
 */
export async function ensureEnvironment(
  parts: EngineParts,
  lease: StepLease,
  stage: { name: string; role: 'environment' | 'gray' | 'production' },
): Promise<Environment> {
  const role = stage.role === 'environment' ? 'environment' : 'production';
  const name = role === 'production' ? 'production' : stage.name;
  return parts.store.write(async (tx) => {
    await fence(tx, lease);
    const known = await tx
      .selectFrom('environments')
      .selectAll()
      .where('app_id', '=', lease.app.id)
      .where('name', '=', name)
      .executeTakeFirst();
    if (known !== undefined) return toEnvironment(known, lease.app.name);
    const row = {
      id: newId<EnvironmentId>(parts.clock, parts.random),
      app_id: lease.app.id,
      name,
      role,
      host: role === 'production' ? `${lease.app.name}.${parts.domain}` : `${lease.app.name}-${name}.${parts.domain}`,
      cluster: 'local',
      slot: await freeSlot(tx),
      traffic: canonical(EMPTY_TRAFFIC),
      version: 0,
      confirmed_version: 0,
      warm_until: null,
      gray_since: null,
      gray_by: null,
      created_at: parts.clock.now(),
    } as const;
    await tx.insertInto('environments').values(row).execute();
    await recordAudit(parts, tx, {
      chain: lease.app.name,
      actor: `runner:${lease.owner}`,
      action: 'environment.create',
      object: `${lease.app.name}/${name}`,
      detail: { host: row.host, slot: row.slot },
    });
    return toEnvironment(row, lease.app.name);
  });
}

async function freeSlot(tx: Tx): Promise<number> {
  const rows = await tx.selectFrom('environments').select('slot').where('cluster', '=', 'local').execute();
  const taken = new Set(rows.map((r) => r.slot));
  let slot = 0;
  while (taken.has(slot)) slot++;
  return slot;
}
