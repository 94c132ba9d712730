import { sql } from 'kysely';
import { recordAudit } from '../audit/record';
import { endHooksIn, isAnyPending } from '../deliveries/settle-hooks';
import type { AppId, HookId } from '../model/ids';
import { VOID_RUN } from '../model/states';
import type { EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { applyEvent, ringAll } from '../runs/apply';
import type { Tx } from '../store/store';

export interface RequestClosed {
  app: { id: AppId; name: string };
  forge: string;
  ref: string;
  number: number;
  hooks: readonly HookId[];
}

/** Why a hook of a closed request is not followed. */
export const WAS_CLOSED = 'it was closed';

/** A request that was merged or declined: what waits or runs of it ends, and nothing of it begins any more. */
export async function closeRequest(parts: EngineParts, closed: RequestClosed): Promise<void> {
  const { app, forge, number } = closed;
  const hints = await parts.store.write(async (tx) => {
    if (!(await isAnyPending(tx, closed.hooks))) return [];
    const values = { state: 'closed' as const, updated_at: parts.clock.now() };
    await tx.updateTable('requests').set(values).where('app_id', '=', app.id).where('number', '=', number).execute();
    await forgetOld(tx, app.id, values.updated_at);
    const ended = await endRuns(parts, tx, closed);
    const waiting = await waitingBefore(tx, closed);
    await endHooksIn(parts, tx, [...closed.hooks, ...waiting], 'known', WAS_CLOSED, null);
    const object = `${app.name} request ${number}`;
    await recordAudit(parts, tx, {
      chain: app.name,
      actor: `forge:${forge}`,
      action: 'request.close',
      object,
      detail: {},
    });
    return ended;
  });
  await ringAll(parts, hints);
}

/** What was told of it before it was closed, and is put off. */
async function waitingBefore(tx: Tx, { app, ref, hooks }: RequestClosed): Promise<HookId[]> {
  const [last] = hooks.toSorted().reverse();
  if (last === undefined) return [];
  const rows = await tx
    .selectFrom('hook_deliveries')
    .select('id')
    .where('app_id', '=', app.id)
    .where('ref', '=', ref)
    .where('outcome', '=', sql.lit('pending' as const))
    .where('id', '<', last)
    .execute();
  return rows.map(({ id }) => id);
}

/** Closed requests are remembered for a year; one that is told of later is simply known anew. */
const REMEMBERED_MS = 365 * 24 * 3_600_000;

const forgetOld = (tx: Tx, appId: AppId, now: number) =>
  tx
    .deleteFrom('requests')
    .where('app_id', '=', appId)
    .where('state', '=', 'closed')
    .where('updated_at', '<', now - REMEMBERED_MS)
    .execute();

async function endRuns(parts: EngineParts, tx: Tx, { app, ref, number, forge }: RequestClosed): Promise<Hint[]> {
  const open = await tx
    .selectFrom('runs')
    .innerJoin('apps', 'apps.id', 'runs.app_id')
    .select('runs.id')
    .where((e) => e.or([e('apps.id', '=', app.id), e('apps.repository_id', '=', app.id)]))
    .where('runs.ref', '=', ref)
    .where('runs.ended_at', 'is', null)
    .where('runs.ends_as', 'is', null)
    .where('runs.state', 'not in', [...VOID_RUN, 'undoing'])
    .execute();
  const hints: Hint[] = [];
  const reason = `request ${number} was closed`;
  for (const { id } of open) {
    const event = { type: 'end-early', as: 'cancelled', reason } as const;
    hints.push(...(await applyEvent(parts, tx, id, event, `forge:${forge}`)).hints);
  }
  // Opened again at the same head, it is built again.
  if (open.length > 0) {
    await tx
      .updateTable('requests')
      .set({ run_id: null })
      .where('app_id', '=', app.id)
      .where('number', '=', number)
      .where(
        'run_id',
        'in',
        open.map(({ id }) => id),
      )
      .execute();
  }
  return hints;
}
