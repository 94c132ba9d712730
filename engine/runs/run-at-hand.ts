import type { RunId, StepId } from '../model/ids';
import { Recent } from '../model/recent';
import type { RunView, StepView } from '../model/transition';
import { statement } from '../store/statement';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';

export type RunRow = Tables['runs'];
export type StepRow = Tables['steps'];

/** What the state of a step is decided from; the rest of its row can be large, and is left where it is. */
export interface StepAtHand extends StepView {
  id: StepId;
  epoch: number;
  place: string | null;
}

/** All but the plan, which is large, and which a run's state does not depend on. */
const RUN_AT_HAND = [
  'id',
  'app_id',
  'number',
  'trigger',
  'ref',
  'commit',
  'title',
  'started_by',
  'state',
  'ends_as',
  'reason',
  'release_id',
  'undoes_run',
  'parameters',
  'holds_rollout',
  'priority',
  'next_event',
  'started_at',
  'ended_at',
] as const satisfies readonly (keyof RunRow)[];

/** A run under its transaction: its row, its steps in order, and the name of its app. */
export interface RunAtHand {
  row: Pick<RunRow, (typeof RUN_AT_HAND)[number]>;
  app: string;
  steps: StepAtHand[];
}

const runById = statement<{ run: RunId }, RunAtHand['row'] & { app: string | null }>((db, argument) =>
  db
    .selectFrom('runs')
    .select(RUN_AT_HAND)
    .select((e) => e.selectFrom('apps').select('name').whereRef('apps.id', '=', 'runs.app_id').as('app'))
    .where('id', '=', argument('run')),
);

/** What never changes in a step's row. */
type Facts = Omit<StepAtHand, 'state' | 'epoch'>;
type Standing = Pick<StepAtHand, 'id' | 'state' | 'epoch'>;

const standingOf = statement<{ run: RunId }, Standing>((db, argument) =>
  db.selectFrom('steps').select(['id', 'state', 'epoch']).where('run_id', '=', argument('run')).orderBy('position'),
);
const factsOf = statement<{ run: RunId }, Omit<Facts, 'needs'> & { needs: string }>((db, argument) =>
  db
    .selectFrom('steps')
    .select(['id', 'name', 'kind', 'role', 'verb', 'undoes', 'needs', 'place'])
    .where('run_id', '=', argument('run')),
);

/** Each change of a run looks at all of its steps; most of what it sees it has seen before. */
const recent = new Recent<RunId, ReadonlyMap<StepId, Facts>>(64);

async function readSteps(tx: Tx, run: RunId): Promise<StepAtHand[]> {
  const standing = await standingOf(tx, { run });
  const seen = recent.get(run);
  const isKnown = seen !== undefined && standing.every(({ id }) => seen.has(id));
  const facts = isKnown ? seen : await readFacts(tx, run);
  return standing.flatMap((step) => {
    const fact = facts.get(step.id);
    return fact === undefined ? [] : [{ ...fact, ...step }];
  });
}

async function readFacts(tx: Tx, run: RunId): Promise<ReadonlyMap<StepId, Facts>> {
  const rows = await factsOf(tx, { run });
  const facts = rows.map((row): [StepId, Facts] => [row.id, { ...row, needs: JSON.parse(row.needs) as string[] }]);
  return recent.put(run, new Map(facts));
}

/** Reads a run that must be there. */
export async function readRun(tx: Tx, run: RunId): Promise<RunAtHand> {
  const [found] = await runById(tx, { run });
  if (found === undefined || found.app === null) throw new Error(`there is no run ${run}`);
  const { app, ...row } = found;
  return { row, app, steps: await readSteps(tx, run) };
}

export const viewOf = ({ row, steps }: RunAtHand): RunView => ({
  state: row.state,
  endsAs: row.ends_as,
  reason: row.reason,
  steps,
});
