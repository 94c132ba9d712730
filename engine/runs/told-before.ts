import { sql } from 'kysely';
import { NO_COMMIT } from '../deliveries/accept';
import type { RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { StepLease } from '../steps/lease';
import { statement } from '../store/statement';

const deliveredBefore = statement<{ run: RunId }, { commit: string }>((db, argument) =>
  db
    .selectFrom('runs')
    .innerJoin('deliveries', (on) =>
      on
        .onRef('deliveries.app_id', '=', 'runs.app_id')
        .onRef('deliveries.ref', '=', 'runs.ref')
        .onRef('deliveries.after', '=', 'runs.moved_from')
        .onRef('deliveries.received_at', '<', 'runs.created_at'),
    )
    .select('deliveries.after as commit')
    .where('runs.id', '=', argument('run'))
    .limit(sql.lit(1)),
);

/**
 * The commit that the push of a run moved its ref away from, when that one had been told to the app before: then
 * whatever differs between the two came with this push. Undefined for a run that no push started, for the first push of
 * a ref, and where the push before it was missed, or came later: by then it may have given way to this one.
 */
export async function toldBefore(
  parts: EngineParts,
  { run }: { run: Pick<StepLease['run'], 'id'> },
): Promise<string | undefined> {
  const [row] = await deliveredBefore(parts.store.read, { run: run.id });
  return row === undefined || row.commit === NO_COMMIT ? undefined : row.commit;
}
