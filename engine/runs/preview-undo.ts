import { hashOf } from '../model/hash';
import type { EngineParts } from '../parts';
import { planUndo, type UndoPlan } from '../rollout/plan-undo';
import type { UndoFacts, UndoWanted } from '../rollout/undo-picture';
import type { RunFound } from './find';
import { undoFacts } from './undo-facts';

export type UndoAsked = { app: string; run: number } & UndoWanted;

/** What an undo will do, shown before anybody says yes. */
export interface UndoPreview extends UndoPlan {
  app: string;
  run: number;
  /** `production/promote`, or `back to before production/promote`. */
  what: string;
  /** Names exactly what is shown here: an undo that would do something else is refused. */
  hash: string;
}

/**
 * Changes nothing.
 * @throws GantryError `run-unknown`, `run-open`, `undo-of-undo`, `step-unknown`, `going-back`.
 */
export async function previewUndo(parts: EngineParts, asked: UndoAsked): Promise<UndoPreview> {
  return (await planOf(parts, asked)).preview;
}

/** The preview with what it was made from. */
export async function planOf(
  parts: EngineParts,
  asked: UndoAsked,
): Promise<{ preview: UndoPreview; facts: UndoFacts; found: RunFound }> {
  const { found, facts } = await undoFacts(parts, asked);
  const plan = planUndo(facts, asked);
  const what = 'step' in asked ? asked.step : `back to before ${asked.before}`;
  return { preview: { app: asked.app, run: asked.run, what, ...plan, hash: hashPlan(what, plan) }, facts, found };
}

/** How long it took last time is told, and changes nothing of what is done. */
const hashPlan = (what: string, { steps, skipped, refused }: UndoPlan): string =>
  hashOf({ what, steps: steps.map(({ lastMs: _lastMs, ...step }) => step), skipped, refused });
