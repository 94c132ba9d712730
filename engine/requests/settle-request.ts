import { type AppFound, appsOfRepository } from '../apps/find';
import { recordAudit } from '../audit/record';
import { NO_COMMIT } from '../deliveries/accept';
import { endHooksIn, isAnyPending } from '../deliveries/settle-hooks';
import type { AppId, HookId, RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import { ringAll } from '../runs/apply';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { WAS_CLOSED } from './close-request';
import { findRequest } from './find';
import { startRequestRuns } from './start-runs';

export interface RequestFetched {
  /** The app whose remote it is. */
  app: { id: AppId; name: string };
  forge: string;
  /** Where the source keeps its head. */
  ref: string;
  number: number;
  /** What it stands at now, as it was fetched. */
  head: string;
  /** Whether a branch of the source stands at it, or it came from elsewhere. */
  origin: Tables['requests']['origin'];
  /** The hooks that were waiting when the fetch began. */
  hooks: readonly HookId[];
}

/**
 * Ends hooks of a pull or merge request whose head was fetched: each head becomes one run, however often it is told. The
 * head of a fork waits until somebody has allowed that very commit.
 * @returns the number of the run that carries the head; null when there is none
 */
export async function settleRequest(parts: EngineParts, fetched: RequestFetched): Promise<number | null> {
  const { run, hints } = await parts.store.write(async (tx) => {
    if (!(await isAnyPending(tx, fetched.hooks))) return { run: null, hints: [] };
    if (await wasClosedAfter(tx, fetched)) {
      await endHooksIn(parts, tx, fetched.hooks, 'known', WAS_CLOSED, null);
      return { run: null, hints: [] };
    }
    const known = await findRequest(tx, fetched.app.id, fetched.number);
    if (known?.head === fetched.head && known.run_id !== null) {
      await note(parts, tx, fetched, known.run_id);
      await endHooksIn(parts, tx, fetched.hooks, 'known', `its head ${short(fetched)} has a run already`, known.run_id);
      return { run: null, hints: [] };
    }
    if (fetched.origin === 'fork' && known?.allowed_head !== fetched.head) {
      await note(parts, tx, fetched, null);
      const words = `its head ${short(fetched)} comes from a fork: look at it, then: ${allowCommand(fetched)}`;
      await endHooksIn(parts, tx, fetched.hooks, 'ignored', words, null);
      return { run: null, hints: [] };
    }
    const owner = await ownerOf(tx, fetched.app.id);
    const by = { actor: `forge:${fetched.forge}`, startedBy: fetched.forge };
    // At the same head nothing of it was built: compared with itself, nothing would have changed.
    const movedFrom = known === undefined || known.head === fetched.head ? '' : known.head;
    const started = await startRequestRuns(parts, tx, { owner, ...fetched, movedFrom, by });
    await note(parts, tx, fetched, started.run.id);
    await endHooksIn(parts, tx, fetched.hooks, 'run', '', started.run.id);
    return { run: started.run.number, hints: started.hints };
  });
  await ringAll(parts, hints);
  return run;
}

/** Hooks that are followed late, or fetched slowly, do not open what was closed after them. */
async function wasClosedAfter(tx: Tx, { app, ref, hooks }: RequestFetched): Promise<boolean> {
  const [last = ''] = hooks.toSorted().reverse();
  const closing = await tx
    .selectFrom('hook_deliveries')
    .select('id')
    .where('app_id', '=', app.id)
    .where('ref', '=', ref)
    .where('after', '=', NO_COMMIT)
    .where('outcome', '!=', 'pending')
    .where('id', '>', last as HookId)
    .limit(1)
    .executeTakeFirst();
  return closing !== undefined;
}

const short = ({ head }: RequestFetched): string => head.slice(0, 12);
const allowCommand = ({ app, number }: RequestFetched): string => `gantry request allow ${app.name} ${number}`;

async function ownerOf(tx: Tx, id: AppId): Promise<AppFound> {
  const [owner] = await appsOfRepository(tx, id);
  if (owner === undefined) throw new Error(`app ${id} is gone`);
  return owner;
}

/** Where it stands now. A head that was allowed stays so; another one of the same fork is asked about anew. */
async function note(parts: EngineParts, tx: Tx, fetched: RequestFetched, run: RunId | null): Promise<void> {
  const { app, forge, number, ref, head, origin } = fetched;
  const now = { forge, ref, head, origin, state: 'open' as const, run_id: run, updated_at: parts.clock.now() };
  const never = { allowed_head: null, allowed_by: null, allowed_at: null };
  await tx
    .insertInto('requests')
    .values({ app_id: app.id, number, ...never, ...now })
    .onConflict((c) => c.columns(['app_id', 'number']).doUpdateSet(now))
    .execute();
  const detail = { ref, head, origin, allowed: run !== null };
  const object = `${app.name} request ${number}`;
  await recordAudit(parts, tx, { chain: app.name, actor: `forge:${forge}`, action: 'request.update', object, detail });
}
