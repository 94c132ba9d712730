import type { RunId } from '../model/ids';
import { isFinalRun, type RunState } from '../model/states';
import type { LogFolders } from '../ports/bytes';
import { inTurns, readGuard } from './facts';
import { madeAt } from './names';
import type { Sweep } from './sweep';

const PAGE = 200;
/** A folder whose run has no record yet is about to get one, or lost it just now. */
const YOUNG_MS = 3_600_000;

interface Folder {
  runId: string;
  size: number;
}

/** Removes what steps wrote in runs that ended long ago, and what runs that are gone left. */
export async function collectLogs(sweep: Sweep, folders: LogFolders): Promise<void> {
  const guarded = await guardedRuns(sweep);
  let page: Folder[] = [];
  for await (const folder of folders.list()) {
    page.push(folder);
    if (page.length < PAGE) continue;
    await collectPage(sweep, folders, page, guarded);
    page = [];
  }
  await collectPage(sweep, folders, page, guarded);
}

async function guardedRuns(sweep: Sweep): Promise<Set<string>> {
  const { read } = sweep.parts.store;
  const guarded = new Set<string>();
  for (const { id } of await read.selectFrom('apps').select('id').execute()) {
    for (const run of (await readGuard(read, id, sweep.policy.releases)).runs.keys()) guarded.add(run);
  }
  return guarded;
}

async function collectPage(
  sweep: Sweep,
  folders: LogFolders,
  page: readonly Folder[],
  guarded: ReadonlySet<string>,
): Promise<void> {
  const runs = await inTurns(
    page.map(({ runId }) => runId),
    (ids) =>
      sweep.parts.store.read
        .selectFrom('runs')
        .innerJoin('apps', 'apps.id', 'runs.app_id')
        .select(['runs.id', 'runs.state', 'runs.ended_at', 'runs.number', 'apps.name as app'])
        .where('runs.id', 'in', ids as RunId[])
        .execute(),
  );
  const known = new Map<string, (typeof runs)[number]>(runs.map((run) => [run.id, run]));
  for (const { runId, size } of page) {
    const run = known.get(runId);
    const isGone = run === undefined || sweep.gone.has(runId);
    if (isGone ? madeAt(runId) > sweep.now - YOUNG_MS : isYoung(sweep, run)) continue;
    if (guarded.has(runId)) {
      sweep.stays('logs', 'of a run whose release is kept');
      continue;
    }
    if (!sweep.dry) await folders.remove(runId);
    const name = sweep.gone.get(runId) ?? (run === undefined ? runId : `${run.app}#${run.number}`);
    const why = isGone ? 'its run is gone' : 'its run ended long ago';
    await sweep.note({ kind: 'logs', why, items: [{ name, bytes: size }] });
  }
}

const isYoung = (sweep: Sweep, run: { state: RunState; ended_at: number | null }): boolean =>
  !isFinalRun(run.state) || (run.ended_at ?? sweep.now) > sweep.now - sweep.policy.logs;
