import type { PersonInChange } from '../../engine/approvals/part';
import { StepFailure } from '../../engine/model/errors';
import type { CommitFacts } from '../../engine/ports/sources';
import type { StepContext } from '../../engine/ports/step-kind';
import type { Plan } from '../../pipelines/types';
import type { AppSources } from './app-sources';

/** More than that nobody can answer for; and nobody may hide behind them. */
const COMMITS_MAX = 5_000;

/**
 * Before a run with gates begins: who took part in what it carries is noted, since they do not decide over it; and a
 * gate that nobody could open ends the run here, and not when everything was built.
 * @param sources without them nothing is built, and nobody has written it
 */
export async function prepareApprovals(context: StepContext<'plan'>, plan: Plan, sources?: AppSources): Promise<void> {
  const { engine, lease, log } = context;
  const gates = plan.steps.flatMap((step) => (step.kind === 'approve' ? [{ step: step.name, ...step.spec }] : []));
  if (gates.length === 0) return;
  const since = sources === undefined ? null : await engine.approvals.since(lease);
  const commits = (await sources?.history(since, COMMITS_MAX + 1)) ?? [];
  if (since !== null && commits.length > COMMITS_MAX && !(await engine.users.isSolo())) {
    const message = `it brings more than ${COMMITS_MAX} commits beyond what is in production`;
    throw new StepFailure('user', message, 'deliver an earlier commit first');
  }
  const { excluded } = await engine.approvals.prepare(lease, { people: commits.flatMap(peopleOf), gates });
  if (excluded.length > 0) log(`take part in it, and so do not decide over it: ${excluded.join(', ')}`);
}

function peopleOf({ commit, email, committerEmail, message, parents }: CommitFacts): PersonInChange[] {
  const trailers = message.matchAll(/^co-authored-by:[^<>\n]*<([^<>\s]+)>[ \t\r]*$/gim);
  const known = (part: PersonInChange['part'], name: string): PersonInChange => ({ part, kind: 'email', name, commit });
  return [
    known(parents.length > 1 ? 'merger' : 'author', email),
    known('committer', committerEmail),
    ...[...trailers].map(([, name = '']) => known('co-author', name)),
  ];
}
