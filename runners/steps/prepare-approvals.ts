import { StepFailure } from '../../engine/model/errors';
import type { StepContext } from '../../engine/ports/step-kind';
import type { Plan } from '../../pipelines/types';
import type { AppSources } from './app-sources';
import { type Authors, readAuthors } from './authors';

const NOBODY: Authors = { people: [], problem: '' };

/**
 * Before a run with gates begins: who took part in what it carries is noted, since they do not decide over it; and a
 * gate that nobody could open ends the run here, and not when everything was built.
 * @param sources without them nothing is built, and nobody has written it
 */
export async function prepareApprovals(context: StepContext<'plan'>, plan: Plan, sources?: AppSources): Promise<void> {
  const { engine, lease, log } = context;
  const gates = plan.steps.flatMap((step) => (step.kind === 'approve' ? [{ step: step.name, ...step.spec }] : []));
  if (gates.length === 0) return;
  const beyond = await engine.approvals.beyond(lease);
  const { people, problem } =
    sources === undefined ? NOBODY : await readAuthors(beyond.commit, (limit) => sources.history(beyond.commit, limit));
  if (problem !== '' && !(await engine.users.isSolo())) {
    throw new StepFailure('user', problem, 'deliver an earlier commit first');
  }
  const { excluded } = await engine.approvals.prepare(lease, { people, gates, beyond });
  if (excluded.length > 0) log(`take part in it, and so do not decide over it: ${excluded.join(', ')}`);
}
