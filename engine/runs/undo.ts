import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import { needsRollout, type PlannedUndo } from '../rollout/plan-undo';
import type { Tx } from '../store/store';
import type { StepRow } from './apply';
import { ringAll } from './apply';
import { createRun, type NewRun } from './create';
import { planOf, type UndoAsked, type UndoPreview } from './preview-undo';

/** Instances may have to be started, and they may take their time to get healthy. */
const STARTING_MS = 10 * 60_000;
const MAY_START: readonly string[] = ['deliver', 'promote', 'retire'];

export interface UndoStarted {
  /** The run that does it. */
  run: number;
  /** Names of the steps that it takes back, in order. */
  steps: string[];
}

/**
 * Takes a step of a run back, or everything from a step on: by a run of its own, whose steps are leased, logged and
 * audited like any other. The old run keeps its states; this one names it.
 * @throws GantryError what `previewUndo` throws, `preview-changed`, `undo-refused`, `nothing-to-undo`.
 */
export async function undo(
  parts: EngineParts,
  asked: UndoAsked & { previewHash: string; reason: string },
  actor: Actor,
): Promise<UndoStarted> {
  const created = await parts.store.write(async (tx) => {
    // Planned again inside the transaction: what is shown and what is done are the same, or nothing is done.
    const { preview, facts, found } = await planOf(readingIn(parts, tx), asked);
    demandShown(preview, asked);
    const steps = preview.steps.map((planned) => undoStep(planned, found.steps));
    const { row } = found;
    const run = await createRun(parts, tx, found.app, {
      trigger: 'undo',
      ref: row.ref,
      commit: row.commit,
      title: `undo of run ${row.number}, ${preview.what}${asked.reason && `: ${asked.reason}`}`,
      author: row.author,
      startedBy: actor,
      priority: 10,
      ...(row.release_id === null ? {} : { releaseId: row.release_id }),
      undoesRun: row.id,
      holdsRollout: facts.holder === null && steps.some(needsRollout),
      steps,
    });
    await recordAudit(parts, tx, {
      chain: found.app.name,
      actor,
      action: 'run.undo',
      object: `${found.app.name}#${row.number}`,
      detail: { by: run.row.number, what: preview.what, reason: asked.reason, steps: preview.steps },
    });
    return { number: run.row.number, hints: run.hints, steps: preview.steps.map((s) => s.step) };
  });
  await ringAll(parts, created.hints);
  return { run: created.number, steps: created.steps };
}

/** The same verbs, reading inside the transaction. */
const readingIn = (parts: EngineParts, tx: Tx): EngineParts => ({ ...parts, store: { ...parts.store, read: tx } });

function demandShown(preview: UndoPreview, asked: { previewHash: string }): void {
  const [refused] = preview.refused;
  if (preview.hash !== asked.previewHash) {
    throw new GantryError(
      'conflict',
      'preview-changed',
      `what the undo of ${preview.app}#${preview.run} (${preview.what}) would do has changed since it was shown`,
      'look at the new preview, then decide again',
    );
  }
  if (refused !== undefined) {
    throw new GantryError('conflict', 'undo-refused', `${refused.step} stays: ${refused.why}`, refused.next);
  }
  if (preview.steps.length > 0) return;
  const why = preview.skipped.map((s) => `${s.step}: ${s.why}`).join('; ');
  throw new GantryError(
    'conflict',
    'nothing-to-undo',
    `nothing of ${preview.app}#${preview.run} is left to undo: ${why}`,
  );
}

function undoStep(planned: PlannedUndo, rows: readonly StepRow[]): NewRun['steps'][number] {
  const row = rows.find((r) => r.name === planned.step);
  if (row === undefined) throw new Error(`the plan names ${planned.step}, which the run does not have`);
  const spec = JSON.parse(row.spec) as Record<string, unknown>;
  return {
    name: `undo ${row.name}`,
    kind: row.kind,
    role: row.role,
    stage: row.stage,
    verb: 'undo',
    undoes: row.name,
    pool: row.pool,
    spec: planned.to === undefined ? spec : { ...spec, to: planned.to },
    timeoutMs: MAY_START.includes(row.kind) ? Math.max(row.timeout_ms, STARTING_MS) : row.timeout_ms,
  };
}
