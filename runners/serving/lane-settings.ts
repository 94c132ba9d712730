import type { Release } from '../../engine/releases/find';
import type { LaneSettings } from '../../engine/rollout/traffic';

/** How the gateway serves a release in a stage. Gray and production are one place, where gray says who visitors are. */
export function laneSettings({ record }: Release, stageName: string): LaneSettings | undefined {
  const stage = record.stages[stageName];
  if (stage === undefined) return undefined;
  const isShared = stageName === 'gray' || stageName === 'production';
  const identity = isShared ? (record.stages.gray?.gray?.identity ?? null) : null;
  return { sticky: stage.serve.sticky, drain: stage.serve.drain, identity };
}
