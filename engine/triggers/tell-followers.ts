import type { ReleasedCause, RunCause } from '../model/cause';
import type { AppId, RunId, StepId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { RunAtHand, StepAtHand } from '../runs/run-at-hand';
import { statement } from '../store/statement';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';

/**
 * The step with which a run has brought its release through a stage: the promotion in production, the last step
 * elsewhere. Undefined when this was not it. Ways back have no such step: what they bring was there before. Pure.
 * @param steps as they are with its success
 * @param name of a step that has just succeeded
 */
export function lastOfStage(steps: readonly StepAtHand[], name: string): StepAtHand | undefined {
  const step = steps.find((one) => one.name === name);
  if (step === undefined || step.verb !== 'run' || step.role === 'build') return undefined;
  if (step.role === 'production') return step.kind === 'promote' ? step : undefined;
  const stage = steps.filter(({ verb, role, place }) => verb === 'run' && role === step.role && place === step.place);
  // Whoever only changes the share of what is there brings nothing.
  const isBrought = stage.some(({ kind }) => kind === 'deliver');
  return isBrought && stage.every(({ state }) => state === 'succeeded') ? step : undefined;
}

interface Follower {
  app_id: AppId;
  stage: string;
}
const followersOf = statement<{ app: string; step: StepId }, Follower>((db, argument) =>
  db
    .selectFrom('release_triggers as t')
    .innerJoin('steps', 'steps.stage', 't.stage')
    .select(['t.app_id', 't.stage'])
    .where('t.of_app', '=', argument('app'))
    .where('steps.id', '=', argument('step')),
);

/**
 * Notes who follows a release that has come through a stage, in the transaction in which it did: whatever dies after
 * it, `startFollowers` finds them.
 */
export async function tellFollowers(parts: EngineParts, tx: Tx, run: RunAtHand, succeeded: string): Promise<void> {
  const { row } = run;
  const step = lastOfStage(run.steps, succeeded);
  if (step === undefined) return;
  const followers = await followersOf(tx, { app: run.app, step: step.id });
  if (followers.length === 0) return;
  // Sealed by this very run, or the one that it goes on from.
  const release = await releaseOf(tx, row.id);
  if (release === undefined) return;
  const chain = [...chainOf(release.cause), run.app];
  for (const { app_id, stage } of followers) {
    const cause: ReleasedCause = {
      ...{ kind: 'released', app: run.app, stage, release: release.number, run: row.number },
      ...{ startedBy: row.started_by, chain },
    };
    const told: Tables['release_followers'] = {
      ...{ app_id, release_id: release.id, stage, cause: JSON.stringify(cause), state: 'pending', reason: '' },
      ...{ run_id: null, told_at: parts.clock.now(), ended_at: null },
    };
    await tx
      .insertInto('release_followers')
      .values(told)
      .onConflict((c) => c.columns(['app_id', 'release_id', 'stage']).doNothing())
      .execute();
  }
}

const releaseOf = (tx: Tx, run: RunId) =>
  tx
    .selectFrom('runs')
    .innerJoin('releases', 'releases.id', 'runs.release_id')
    .select(['releases.id', 'releases.number', 'runs.cause'])
    .where('runs.id', '=', run)
    .executeTakeFirst();

function chainOf(text: string | null): string[] {
  const cause = text === null ? null : (JSON.parse(text) as RunCause);
  return cause?.kind === 'released' ? cause.chain : [];
}
