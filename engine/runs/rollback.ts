import { findApp } from '../apps/find';
import { findProduction } from '../environments/find';
import { GantryError } from '../model/errors';
import { isFinalRun } from '../model/states';
import type { Actor, EngineParts } from '../parts';
import { findRelease, type Release } from '../releases/find';
import { applyEvent, ringAll } from './apply';
import { createRun } from './create';

/** How long the release that was taken back stays warm, so that the rollback itself can be rolled back. */
const ROLLED_BACK_WARM_MS = 30 * 60_000;
/** A cold way back starts instances, and they may take their time to get healthy. */
const SWITCH_BACK_MS = 10 * 60_000;

export interface RollbackStarted {
  /** The run that does it: a new one, or the gray release's own, which ends by taking back what it did. */
  run: number;
  /** `warm`: one gateway command. `cold`: its instances are started from the kept image first. */
  kind: 'gray' | 'warm' | 'cold';
  from: string;
  to: string;
}

/**
 * Takes an app back, while the old release is warm with one gateway command. While a release is gray, gray's traffic goes back to stable and its run
 * ends; else the release that was stable before becomes stable again. Needs neither Redis nor Git nor a build.
 * @throws GantryError `nothing-to-roll-back`.
 */
export async function rollback(
  parts: EngineParts,
  wanted: { app: string; reason: string },
  actor: Actor,
): Promise<RollbackStarted> {
  const app = await findApp(parts, wanted.app);
  const production = await findProduction(parts, app.id);
  const traffic = production?.traffic;
  if (production === undefined || traffic === undefined || traffic.stable === null) throw nothing(wanted.app);
  const reason = `rolled back by ${actor.replace(/^user:/, '')}${wanted.reason && `: ${wanted.reason}`}`;
  const stable = await releaseIn(parts, traffic.lanes[traffic.stable]);
  if (traffic.gray !== null) {
    const gray = await releaseIn(parts, traffic.lanes[traffic.gray]);
    const run = await endGrayRun(parts, gray, reason, actor);
    if (run !== undefined) return { run, kind: 'gray', from: name(gray), to: name(stable) };
  }
  const back = traffic.warm === null ? traffic.previous : traffic.lanes[traffic.warm];
  if (back === null) throw nothing(wanted.app);
  const target = await releaseIn(parts, back);
  const result = await parts.store.write(async (tx) => {
    const run = await tx
      .selectFrom('runs')
      .selectAll()
      .where('id', '=', target.runId as never)
      .executeTakeFirstOrThrow();
    return createRun(parts, tx, app, {
      trigger: 'rollback',
      ref: run.ref,
      commit: run.commit,
      title: reason,
      author: run.author,
      startedBy: actor,
      priority: 10,
      releaseId: target.id as never,
      steps: [
        {
          name: 'switch back',
          kind: 'promote',
          role: 'production',
          stage: 'production',
          verb: 'undo',
          spec: { to: target.id, keepWarm: ROLLED_BACK_WARM_MS },
          timeoutMs: SWITCH_BACK_MS,
        },
      ],
    });
  });
  await ringAll(parts, result.hints);
  return {
    run: result.row.number,
    kind: traffic.warm === null ? 'cold' : 'warm',
    from: name(stable),
    to: name(target),
  };
}

const name = (release: Release): string => `${release.record.app} release ${release.number}`;

async function releaseIn(parts: EngineParts, id: string | null): Promise<Release> {
  if (id === null) throw new GantryError('conflict', 'lane-empty', 'a lane of the gateway has a role but no release');
  return findRelease(parts, id);
}

function nothing(app: string): GantryError {
  return new GantryError(
    'conflict',
    'nothing-to-roll-back',
    `${app} has nothing to go back to: no release is gray, and none was stable before`,
    `see its releases: gantry release list ${app}`,
  );
}

/** Ends the run whose release is gray; its undo steps take the traffic back. */
async function endGrayRun(
  parts: EngineParts,
  gray: Release,
  reason: string,
  actor: Actor,
): Promise<number | undefined> {
  const applied = await parts.store.write(async (tx) => {
    const run = await tx
      .selectFrom('runs')
      .selectAll()
      .where('id', '=', gray.runId as never)
      .executeTakeFirst();
    if (run === undefined || isFinalRun(run.state) || run.state === 'undoing') return undefined;
    return applyEvent(parts, tx, run.id, { type: 'end-early', as: 'cancelled', reason }, actor);
  });
  if (applied === undefined) return undefined;
  await ringAll(parts, applied.hints);
  return applied.run.number;
}
