import { emit } from '../events/emit';
import { newId, type RunId, type StepId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import type { Tx } from '../store/store';
import type { RunTrigger, Tables } from '../store/tables';
import type { RunRow } from './run-at-hand';
import { newStep } from './write-steps';

export interface NewRun {
  trigger: RunTrigger;
  ref: string;
  commit: string;
  title: string;
  author: string;
  startedBy: string;
  priority?: number;
  releaseId?: Tables['releases']['id'];
  /** The run whose steps are taken back: their outputs reach the steps of this one. */
  undoesRun?: RunId;
  /** Nobody else moves gray and production until it has ended. Only when no other run holds them. */
  holdsRollout?: boolean;
  /** Keeps an instance that does not get healthy this long. */
  keepFailedMs?: number | undefined;
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
  }[];
}

/** Writes a run with its first steps. Ring the hints after the commit. */
export async function createRun(
  parts: EngineParts,
  tx: Tx,
  app: Tables['apps'],
  wanted: NewRun,
): Promise<{ row: RunRow; hints: Hint[] }> {
  const now = parts.clock.now();
  const numbered = await tx
    .updateTable('apps')
    .set((e) => ({ next_run: e('next_run', '+', 1) }))
    .where('id', '=', app.id)
    .returning('next_run')
    .executeTakeFirstOrThrow();
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
    holds_rollout: wanted.holdsRollout === true ? 1 : 0,
    priority: wanted.priority ?? 0,
    next_event: 1,
    keep_failed_ms: wanted.keepFailedMs ?? null,
    created_at: now,
    started_at: null,
    ended_at: null,
  };
  await tx.insertInto('runs').values(row).execute();
  const hints: Hint[] = [];
  for (const [position, step] of wanted.steps.entries()) {
    const id = newId<StepId>(parts.clock, parts.random);
    const before = wanted.steps[position - 1];
    const view = {
      name: step.name,
      kind: step.kind,
      role: step.role,
      verb: step.verb,
      undoes: step.undoes ?? null,
      needs: before === undefined ? [] : [before.name],
      state: position === 0 ? ('ready' as const) : ('pending' as const),
    };
    await tx
      .insertInto('steps')
      .values({
        ...newStep(id, row, view, position),
        stage: step.stage,
        spec: JSON.stringify(step.spec),
        timeout_ms: step.timeoutMs,
        ready_at: position === 0 ? now : null,
      })
      .execute();
    if (position === 0) hints.push({ stepId: id, epoch: 0 });
  }
  await emit(parts, tx, { app: app.id, run: row.id, type: 'run', data: { state: 'queued', trigger: wanted.trigger } });
  return { row, hints };
}
