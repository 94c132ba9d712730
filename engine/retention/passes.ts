import { recordAudit } from '../audit/record';
import { holdsIn } from '../control/hold';
import { GantryError } from '../model/errors';
import { newId, type PassId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Tables } from '../store/tables';
import { EMPTY_REPORT, isEmpty, type RetentionReport } from './report';

export interface Pass {
  id: PassId;
  kind: 'look' | 'prune';
  state: 'asked' | 'running' | 'done' | 'failed';
  askedBy: string;
  askedAt: number;
  endedAt: number | null;
  reason: string;
  report: RetentionReport;
}

const RULE = 'rule:retention';

const toPass = (row: Tables['retention_passes']): Pass => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  askedBy: row.asked_by,
  askedAt: row.asked_at,
  endedAt: row.ended_at,
  reason: row.reason,
  report: JSON.parse(row.report) as RetentionReport,
});

/**
 * Asks for a look at what would go, or for a prune; a runner carries it out within seconds.
 * @throws GantryError `held` while nothing may be removed
 */
export async function askForPass(parts: EngineParts, kind: Pass['kind'], actor: Actor): Promise<Pass> {
  const row: Tables['retention_passes'] = {
    ...{ id: newId<PassId>(parts.clock, parts.random), kind, state: 'asked', asked_by: actor },
    ...{ asked_at: parts.clock.now(), ended_at: null, reason: '', report: JSON.stringify(EMPTY_REPORT) },
  };
  await parts.store.write(async (tx) => {
    const [held] = await holdsIn(tx);
    if (held !== undefined) throw isHeld(held.reason);
    await tx.insertInto('retention_passes').values(row).execute();
  });
  return toPass(row);
}

const isHeld = (reason: string): GantryError =>
  new GantryError(
    'conflict',
    'held',
    `nothing is looked for or removed now: ${reason}`,
    'after a restore: gantry restore --confirm; after an upgrade: try again',
  );

/**
 * The pass to carry out now: one that was begun and cut off, one that somebody asked for, or the rule's own when the
 * last prune is long ago. Undefined when nothing is due.
 */
export async function nextPass(parts: EngineParts, everyMs: number): Promise<Pass | undefined> {
  const open = await parts.store.read
    .selectFrom('retention_passes')
    .selectAll()
    .where('ended_at', 'is', null)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (open !== undefined) return begun(parts, toPass(open));
  const last = await parts.store.read
    .selectFrom('retention_passes')
    .select('ended_at')
    .where('kind', '=', 'prune')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last !== undefined && (last.ended_at ?? 0) > parts.clock.now() - everyMs) return undefined;
  return begun(parts, await askForPass(parts, 'prune', RULE));
}

async function begun(parts: EngineParts, pass: Pass): Promise<Pass> {
  await parts.store.write((tx) =>
    tx.updateTable('retention_passes').set({ state: 'running' }).where('id', '=', pass.id).execute(),
  );
  return { ...pass, state: 'running' };
}

/** Ends a pass. What it removed is audited in the same transaction: how many of each kind, and which, by digest. */
export async function endPass(
  parts: EngineParts,
  pass: Pick<Pass, 'id' | 'kind' | 'askedBy'>,
  report: RetentionReport,
  failed = '',
): Promise<void> {
  await parts.store.write(async (tx) => {
    const set = {
      ...{ state: failed === '' ? ('done' as const) : ('failed' as const), reason: failed },
      ...{ ended_at: parts.clock.now(), report: JSON.stringify(report) },
    };
    await tx.updateTable('retention_passes').set(set).where('id', '=', pass.id).execute();
    if (pass.kind === 'look' || isEmpty(report)) return;
    await recordAudit(parts, tx, {
      chain: 'system',
      actor: pass.askedBy,
      action: 'retention.prune',
      object: 'what is over',
      detail: { pass: pass.id, removed: { ...report.removed }, ...(failed === '' ? {} : { failed }) },
    });
  });
}

/** @throws GantryError `pass-unknown`. */
export async function showPass(parts: EngineParts, id: string): Promise<Pass> {
  const row = await parts.store.read
    .selectFrom('retention_passes')
    .selectAll()
    .where('id', '=', id as PassId)
    .executeTakeFirst();
  if (row === undefined) throw new GantryError('not-found', 'pass-unknown', `there is no pass of retention ${id}`);
  return toPass(row);
}

/** The last prune that has ended; undefined before the first one. */
export async function lastPrune({ store }: Pick<EngineParts, 'store'>): Promise<Pass | undefined> {
  const row = await store.read
    .selectFrom('retention_passes')
    .selectAll()
    .where('kind', '=', 'prune')
    .where('ended_at', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : toPass(row);
}
