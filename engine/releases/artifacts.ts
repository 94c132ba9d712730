import { recordAudit } from '../audit/record';
import { canonical } from '../model/hash';
import type { EngineParts } from '../parts';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import type { Tables } from '../store/tables';

/** Seals bytes: who built them, from what. The same bytes again keep their first record. */
export async function sealArtifact(
  parts: EngineParts,
  lease: StepLease,
  artifact: { digest: string; kind: Tables['artifacts']['kind']; name: string; size: number; builtIn: string | null },
): Promise<void> {
  await parts.store.write(async (tx) => {
    await fence(tx, lease);
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
        sealed_at: parts.clock.now(),
      })
      .onConflict((c) => c.column('digest').doNothing())
      .returning('digest')
      .executeTakeFirst();
    if (sealed === undefined) return;
    await recordAudit(parts, tx, {
      chain: lease.app.name,
      actor: `runner:${lease.owner}`,
      action: 'artifact.seal',
      object: artifact.digest,
      detail: { kind: artifact.kind, size: artifact.size, ...provenance },
    });
  });
}
