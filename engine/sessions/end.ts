import { sql } from 'kysely';
import { recordAudit } from '../audit/record';
import type { AppId, SessionId } from '../model/ids';
import { SESSION_KEPT_MS } from '../model/session-limits';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';

/** How a session ended. */
export interface SessionEnd {
  exitCode: number | null;
  /** A few words; empty when the command, or the output, came to its own end. */
  reason: string;
}

/** Notes the end of a session, once: who comes later changes nothing. Of a shell the audit tells it as well. */
export async function endSession(parts: EngineParts, id: SessionId, end: SessionEnd, actor: Actor): Promise<void> {
  await parts.store.write(async (tx) => {
    const row = await tx
      .updateTable('instance_sessions')
      .set({ state: 'ended', ended_at: parts.clock.now(), exit_code: end.exitCode, reason: end.reason })
      .where('id', '=', id)
      .where('state', '!=', sql.lit('ended' as const))
      .returning(['kind', 'app_id', 'instance_id'])
      .executeTakeFirst();
    if (row === undefined) return;
    await forgetOld(parts, tx, row.app_id);
    if (row.kind === 'logs') return;
    const { app, instance } = await tx
      .selectFrom('instances')
      .innerJoin('apps', 'apps.id', 'instances.app_id')
      .select(['apps.name as app', 'instances.name as instance'])
      .where('instances.id', '=', row.instance_id)
      .executeTakeFirstOrThrow();
    await recordAudit(parts, tx, {
      chain: app,
      actor,
      action: 'instance.shell-end',
      object: `${app}/${instance}`,
      detail: { session: id, exitCode: end.exitCode, reason: end.reason },
    });
  });
}

/** What they were is in the audit; the rows are for those who look now. */
async function forgetOld(parts: EngineParts, tx: Tx, appId: AppId): Promise<void> {
  await tx
    .deleteFrom('instance_sessions')
    .where('app_id', '=', appId)
    .where('state', '=', 'ended')
    .where('ended_at', '<', parts.clock.now() - SESSION_KEPT_MS)
    .execute();
}
