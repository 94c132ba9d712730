import type { StepKindName } from '../../pipelines/types';
import type { UndoFacts, UndoneStep, UndoPicture, UndoWanted, Verdict } from './undo-picture';
import { SENTENCES } from './undo-sentences';

export interface UndoPlan {
  /** In the order in which they are taken back: last first. */
  steps: PlannedUndo[];
  /** Left as they are, and why; nobody is hindered by it. */
  skipped: { step: string; why: string }[];
  /** Cannot be taken back, and why: with one of these nothing is done at all. */
  refused: { step: string; why: string; next: string }[];
}

export interface PlannedUndo {
  step: string;
  kind: StepKindName;
  /** What will happen, one sentence. */
  does: string;
  lastMs: number | null;
  /** Id of the release that becomes stable; only for `promote`. */
  to?: string;
}

/**
 * What taking back a step, or everything from it on, will do: in which order, and what stands against it. Pure. The
 * plan ends at the first step that cannot be taken back, since the ones before stand beneath it.
 */
export function planUndo(facts: UndoFacts, wanted: UndoWanted): UndoPlan {
  const picture: UndoPicture = {
    facts,
    wanted,
    traffic: new Map(facts.environments.map((e) => [e.name, e.traffic])),
    withdrawn: new Set([...facts.releases].filter(([, r]) => r.withdrawn).map(([id]) => id)),
  };
  const plan: UndoPlan = { steps: [], skipped: [], refused: [] };
  for (const step of chosen(facts.steps, wanted)) {
    const verdict = judge(step, picture);
    if ('refuse' in verdict) {
      plan.refused.push({ step: step.name, why: verdict.refuse, next: verdict.next });
      break;
    }
    if ('skip' in verdict) plan.skipped.push({ step: step.name, why: verdict.skip });
    else plan.steps.push({ step: step.name, kind: step.kind, ...verdict, lastMs: step.lastMs });
  }
  return 'step' in wanted ? insist(plan) : plan;
}

function chosen(steps: readonly UndoneStep[], wanted: UndoWanted): UndoneStep[] {
  if ('step' in wanted) return steps.filter((s) => s.name === wanted.step);
  return steps.slice(steps.findIndex((s) => s.name === wanted.before)).reverse();
}

function judge(step: UndoneStep, picture: UndoPicture): Verdict {
  if (step.undoneBy !== null) return { skip: `run ${step.undoneBy} took it back already` };
  if (step.state === 'undone') return { skip: 'its own run took it back already' };
  if (step.state !== 'succeeded') return { skip: `it never did its work (${step.state})` };
  const verdict = SENTENCES[step.kind](step, picture);
  const { app, holder } = picture.facts;
  if (!('does' in verdict) || holder === null || !needsRollout(step)) return verdict;
  return {
    refuse: `run ${holder} holds gray and production now`,
    next: `wait until it is through, or end it: gantry run cancel ${app} ${holder}`,
  };
}

/** Starts or stops what stands in production. A share only moves traffic, as a share set by hand does. */
export const needsRollout = (step: { kind: string; role: string }): boolean =>
  ['gray', 'production'].includes(step.role) && step.kind !== 'share';

/** Whoever names one step wants that one: leaving it as it is would be no answer. */
function insist(plan: UndoPlan): UndoPlan {
  return { ...plan, skipped: [], refused: [...plan.refused, ...plan.skipped.map((s) => ({ ...s, next: '' }))] };
}
