import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { canonical, hashOf } from '../model/hash';
import { newId, type ReleaseId } from '../model/ids';
import type { EngineParts } from '../parts';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import type { Tables } from '../store/tables';
import type { ReleaseRecord } from './record';

/** Writes the release of a run, once: a second call returns the first one's row. */
export async function sealRelease(
  parts: EngineParts,
  lease: StepLease,
  record: ReleaseRecord,
): Promise<Tables['releases']> {
  return parts.store.write(async (tx) => {
    await fence(tx, lease);
    const known = await tx.selectFrom('releases').selectAll().where('run_id', '=', lease.run.id).executeTakeFirst();
    if (known !== undefined) return known;
    const numbered = await tx
      .updateTable('apps')
      .set((e) => ({ next_release: e('next_release', '+', 1) }))
      .where('id', '=', lease.app.id)
      .returning('next_release')
      .executeTakeFirstOrThrow();
    const row: Tables['releases'] = {
      id: newId<ReleaseId>(parts.clock, parts.random),
      app_id: lease.app.id,
      run_id: lease.run.id,
      number: numbered.next_release - 1,
      hash: hashOf(record),
      record: canonical(record),
      state: 'sealed',
      created_at: parts.clock.now(),
    };
    await tx.insertInto('releases').values(row).execute();
    await tx.updateTable('runs').set({ release_id: row.id }).where('id', '=', lease.run.id).execute();
    await emit(parts, tx, {
      app: lease.app.id,
      run: lease.run.id,
      type: 'release',
      data: { number: row.number, hash: row.hash },
    });
    await recordAudit(parts, tx, {
      chain: lease.app.name,
      actor: `runner:${lease.owner}`,
      action: 'release.seal',
      object: `${lease.app.name} release ${row.number}`,
      detail: { hash: row.hash, run: lease.run.number, commit: lease.run.commit },
    });
    return row;
  });
}

/** Marks the release that the run carries as no rollback target (undo of seal). The record stays. */
export async function withdrawRelease(parts: EngineParts, lease: StepLease): Promise<void> {
  const id = lease.run.releaseId;
  if (id === null) return;
  await parts.store.write(async (tx) => {
    await fence(tx, lease);
    await tx
      .updateTable('releases')
      .set({ state: 'withdrawn' })
      .where('id', '=', id as never)
      .execute();
    await recordAudit(parts, tx, {
      chain: lease.app.name,
      actor: `runner:${lease.owner}`,
      action: 'release.withdraw',
      object: `${lease.app.name}#${lease.run.number}`,
      detail: {},
    });
  });
}
