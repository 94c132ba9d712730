import { recordAudit } from '../audit/record';
import { canonical } from '../model/hash';
import type { EngineParts } from '../parts';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import { statement } from '../store/statement';
import type { Tables } from '../store/tables';

type Sealed = Pick<
  Tables['artifacts'],
  'digest' | 'app_id' | 'run_id' | 'kind' | 'name' | 'size' | 'provenance' | 'sealed_at'
>;
const insertOnce = statement<Sealed, { digest: string }>((db, argument) =>
  db
    .insertInto('artifacts')
    .values({
      digest: argument('digest'),
      app_id: argument('app_id'),
      run_id: argument('run_id'),
      kind: argument('kind'),
      name: argument('name'),
      size: argument('size'),
      provenance: argument('provenance'),
      sealed_at: argument('sealed_at'),
    })
    .onConflict((c) => c.column('digest').doNothing())
    .returning('digest'),
);
const sealAgain = statement<{ digest: string; now: number }, unknown>((db, argument) =>
  db
    .updateTable('artifacts')
    .set({ sealed_at: argument('now') })
    .where('digest', '=', argument('digest')),
);

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
    const { digest, kind, name, size } = artifact;
    const row = { digest, app_id: lease.app.id, run_id: lease.run.id, kind, name, size, sealed_at: now };
    const [sealed] = await insertOnce(tx, { ...row, provenance: canonical(provenance) });
    if (sealed === undefined) {
      await sealAgain(tx, { digest, now });
      return;
    }
    await recordAudit(parts, tx, {
      chain: lease.app.name,
      actor: `runner:${lease.owner}`,
      action: 'artifact.seal',
      object: digest,
      detail: { kind, size, ...provenance },
    });
  });
}
