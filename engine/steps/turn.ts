import { DEFAULT_POOL } from '../../pipelines/names';
import { BUILD_STAGE } from '../../pipelines/plan';
import type { Plan } from '../../pipelines/types';
import type { TurnRule } from '../store/tables';

/** Gray and production are one place: what happens there meets the same visitors. */
export const ROLLOUT = 'rollout';

/** Where a step acts alone, who goes first there, and who may take it. */
export interface Turn {
  place: string | null;
  turn: TurnRule | null;
  pool: string;
}

/** A step that waits for nobody, for any runner. */
export const NO_TURN: Turn = { place: null, turn: null, pool: DEFAULT_POOL };

/** Of a step of this stage in a run of this ref. Pure. A plan of an earlier version says nothing about it. */
export function turnOf(plan: Pick<Plan, 'build' | 'stages'>, stageName: string, ref: string): Turn {
  if (stageName === BUILD_STAGE) {
    const { order, pool = DEFAULT_POOL } = plan.build;
    return order === 'newest' ? { place: `build ${ref}`, turn: order, pool } : { ...NO_TURN, pool };
  }
  const stage = plan.stages.find(({ name }) => name === stageName);
  if (stage === undefined) return NO_TURN;
  const { role, order = null, pool = DEFAULT_POOL } = stage;
  return { place: role === 'environment' ? `stage ${stage.name}` : ROLLOUT, turn: order, pool };
}
