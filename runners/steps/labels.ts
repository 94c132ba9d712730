import type { Labels } from '../../engine/ports/cluster';
import type { StepWork } from '../../engine/ports/step-kind';

/** What a build container or image says about itself. */
export const buildLabels = (context: StepWork, effect: string, role: Labels['role'] = 'build'): Labels => ({
  app: context.lease.app.name,
  run: String(context.lease.run.number),
  step: context.lease.name,
  epoch: context.lease.epoch,
  effect,
  role,
});
