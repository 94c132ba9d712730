import type { ParameterValues } from '../../pipelines/parameters';
import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import type { RunCause } from '../model/cause';
import { type AppId, newId, type RunId, type StepId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { NO_TURN } from '../steps/turn';
import { insertInto, statement } from '../store/statement';
import type { Tx } from '../store/store';
import type { RunTrigger, Tables } from '../store/tables';
import type { RunRow } from './run-at-hand';
import { insertSteps, newStep } from './write-steps';

export interface NewRun {
  trigger: RunTrigger;
  ref: string;
  commit: string;
  title: string;
  author: string;
  startedBy: string;
  /** Who asked for it, for the audit log; whoever started it when left out. */
  by?: Actor;
  priority?: number;
  releaseId?: Tables['releases']['id'];
  /** The run whose steps are taken back: their outputs reach the steps of this one. */
  undoesRun?: RunId;
  /** The run whose plan is walked once more. */
  restartsRun?: RunId;
  /** Nobody else moves gray and production until it has ended. Only when no other run holds them. */
  holdsRollout?: boolean;
  /** The commit that the push moved its ref away from. */
  movedFrom?: string;
  /** Keeps an instance that does not get healthy this long. */
  keepFailedMs?: number | undefined;
  /** What it was started with; commands find them as environment variables. */
  parameters?: ParameterValues | undefined;
  cause?: RunCause | undefined;
  /** One after the other: each needs the one before it. The first is ready at once. */
  steps: {
    name: string;
    kind: string;
    role: string;
    stage: string;
    verb: 'run' | 'undo';
    undoes?: string;
    spec: unknown;
    timeoutMs: number;
    /** Default: any runner that has no pool of its own. */
    pool?: string;
  }[];
}

const insertRuns = insertInto('runs');
const takeNumber = statement<{ app: AppId }, { next_run: number }>((db, argument) =>
  db
    .updateTable('apps')
    .set((e) => ({ next_run: e('next_run', '+', 1) }))
    .where('id', '=', argument('app'))
    .returning('next_run'),
);

/** Writes a run with its first steps. Ring the hints after the commit. */
export async function createRun(
  parts: EngineParts,
  tx: Tx,
  app: Tables['apps'],
  wanted: NewRun,
): Promise<{ row: RunRow; hints: Hint[] }> {
  const now = parts.clock.now();
  const [numbered] = await takeNumber(tx, { app: app.id });
  if (numbered === undefined) throw new Error(`app ${app.id} is gone`);
  const row: RunRow = {
    id: newId<RunId>(parts.clock, parts.random),
    app_id: app.id,
    number: numbered.next_run - 1,
    trigger: wanted.trigger,
    ref: wanted.ref,
    commit: wanted.commit,
    title: wanted.title,
    author: wanted.author,
    started_by: wanted.startedBy,
    state: 'queued',
    ends_as: null,
    reason: '',
    plan: null,
    pipeline_hash: null,
    release_id: wanted.releaseId ?? null,
    undoes_run: wanted.undoesRun ?? null,
    restarts_run: wanted.restartsRun ?? null,
    holds_rollout: wanted.holdsRollout === true ? 1 : 0,
    priority: wanted.priority ?? 0,
    next_event: 1,
    moved_from: wanted.movedFrom ?? null,
    superseded_by: null,
    keep_failed_ms: wanted.keepFailedMs ?? null,
    parameters: jsonOf(wanted.parameters),
    cause: jsonOf(wanted.cause),
    created_at: now,
    started_at: null,
    ended_at: null,
  };
  await insertRuns(tx, [row]);
  const hints = await writeFirstSteps(parts, tx, row, wanted.steps);
  await recordCreation(parts, tx, app.name, row, wanted);
  await emit(parts, tx, { app: app.id, run: row.id, type: 'run', data: { state: 'queued', trigger: wanted.trigger } });
  return { row, hints };
}

const jsonOf = (value: object | undefined): string | null => (value === undefined ? null : JSON.stringify(value));

async function writeFirstSteps(parts: EngineParts, tx: Tx, run: RunRow, steps: NewRun['steps']): Promise<Hint[]> {
  const rows = steps.map((step, position) => {
    const before = steps[position - 1];
    const view = {
      name: step.name,
      kind: step.kind,
      role: step.role,
      verb: step.verb,
      undoes: step.undoes ?? null,
      needs: before === undefined ? [] : [before.name],
      state: position === 0 ? ('ready' as const) : ('pending' as const),
    };
    return {
      ...newStep(newId<StepId>(parts.clock, parts.random), run, view, position),
      stage: step.stage,
      spec: JSON.stringify(step.spec),
      timeout_ms: step.timeoutMs,
      pool: step.pool ?? NO_TURN.pool,
      ready_at: position === 0 ? run.created_at : null,
    };
  });
  await insertSteps(tx, rows);
  return rows.slice(0, 1).map(({ id }) => ({ stepId: id, epoch: 0 }));
}

/** Who wanted it, and why: nothing that a runner writes later says so. */
function recordCreation(parts: EngineParts, tx: Tx, app: string, row: RunRow, wanted: NewRun): Promise<void> {
  const { trigger, title, commit } = row;
  const { parameters, cause } = wanted;
  const why = { ...(parameters === undefined ? {} : { parameters }), ...(cause === undefined ? {} : { cause }) };
  return recordAudit(parts, tx, {
    chain: app,
    actor: wanted.by ?? wanted.startedBy,
    action: 'run.create',
    object: `${app}#${row.number}`,
    detail: { trigger, title, commit, steps: wanted.steps.map(({ name }) => name), ...why },
  });
}
