import { recordAudit } from '../audit/record';
import { canonical } from '../model/hash';
import type { EngineParts } from '../parts';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import type { Tables } from '../store/tables';

/**
 * Seals bytes: who built them, from what. The same bytes again keep their first record, but count as sealed now: whoever
 * removes old ones must not take them away from the run that has just made them.
 */
export async function sealArtifact(
  parts: EngineParts,
  lease: StepLease,
  artifact: { digest: string; kind: Tables['artifacts']['kind']; name: string; size: number; builtIn: string | null },
): Promise<void> {
  await parts.store.write(async (tx) => {
    await fence(tx, lease);
    const now = parts.clock.now();
    const provenance = { commit: lease.run.commit, run: lease.run.number, step: lease.name, builtIn: artifact.builtIn };
    const sealed = await tx
      .insertInto('artifacts')
      .values({
        digest: artifact.digest,
        app_id: lease.app.id,
        run_id: lease.run.id,
        kind: artifact.kind,
        name: artifact.name,
        size: artifact.size,
        provenance: canonical(provenance),
        sealed_at: now,
      })
      .onConflict((c) => c.column('digest').doNothing())
      .returning('digest')
      .executeTakeFirst();
    if (sealed === undefined) {
      await tx.updateTable('artifacts').set({ sealed_at: now }).where('digest', '=', artifact.digest).execute();
      return;
    }
    await recordAudit(parts, tx, {
      chain: lease.app.name,
      actor: `runner:${lease.owner}`,
      action: 'artifact.seal',
      object: artifact.digest,
      detail: { kind: artifact.kind, size: artifact.size, ...provenance },
    });
  });
}
