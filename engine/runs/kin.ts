import { sql } from 'kysely';
import type { RunId } from '../model/ids';
import { isVoidRun } from '../model/states';
import type { EngineParts } from '../parts';
import type { StepLease } from '../steps/lease';
import { statement } from '../store/statement';
import type { Tables } from '../store/tables';

/** Runs of the same ref whose commits do not follow in the order in which they came. */
export interface Kin {
  /** Came earlier, and are newer by ancestry. */
  newer: readonly RunId[];
  /** Came later, and are older by ancestry. */
  older: readonly RunId[];
}

/** Another run that a push of the same ref started, with another commit. */
export interface Relative {
  id: RunId;
  commit: string;
  /** The commit that its push moved the ref away from. */
  movedFrom: string;
  /** It came later than the run in question. */
  later: boolean;
}

/** As many of the latest runs of a ref are looked at; beyond them, whoever came later is the newer one. */
const RELATIVES = 20;

type Row = Pick<Tables['runs'], 'id' | 'number' | 'commit' | 'moved_from' | 'state' | 'ends_as'>;
const latestOf = statement<{ run: RunId }, Row>((db, argument) =>
  db
    .selectFrom('runs as own')
    .innerJoin('runs', (on) => on.onRef('runs.app_id', '=', 'own.app_id').onRef('runs.ref', '=', 'own.ref'))
    .select(['runs.id', 'runs.number', 'runs.commit', 'runs.moved_from', 'runs.state', 'runs.ends_as'])
    .where('own.id', '=', argument('run'))
    .orderBy('runs.number', 'desc')
    .limit(sql.lit(RELATIVES)),
);

/** Those a run's commit is worth comparing with, and what its own push moved the ref away from. */
export async function relativesOf(
  parts: EngineParts,
  { run }: Pick<StepLease, 'run'>,
): Promise<{ movedFrom: string | null; relatives: Relative[] }> {
  const rows = await latestOf(parts.store.read, { run: run.id });
  const relatives = rows
    .filter((row) => row.id !== run.id && row.commit !== run.commit && !isVoidRun(row))
    .flatMap(({ id, commit, moved_from, number }) =>
      moved_from === null ? [] : [{ id, commit, movedFrom: moved_from, later: number > run.number }],
    );
  return { movedFrom: rows.find(({ id }) => id === run.id)?.moved_from ?? null, relatives };
}
