import { DEFAULT_POOL } from '../../pipelines/names';
import { findApp } from '../apps/find';
import { findProduction } from '../environments/find';
import { GantryError } from '../model/errors';
import { isFinalRun } from '../model/states';
import type { Actor, EngineParts } from '../parts';
import { findRelease, findReleaseNumber, type Release } from '../releases/find';
import type { Traffic } from '../rollout/traffic';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { applyEvent, ringAll } from './apply';
import { createRun } from './create';
import { holderOf } from './undo-facts';

/** How long the release that was taken back stays warm, so that the rollback itself can be rolled back. */
const ROLLED_BACK_WARM_MS = 30 * 60_000;
/** A cold way back starts instances, and they may take their time to get healthy. */
const SWITCH_BACK_MS = 10 * 60_000;

export interface RollbackStarted {
  /**
   * The run that does it: a new one, the one that is doing it already, or the gray release's own, which ends by taking
   * back what it did.
   */
  run: number;
  /** `warm`: one gateway command. `cold`: its instances are started from the kept image first. */
  kind: 'gray' | 'warm' | 'cold';
  from: string;
  to: string;
}

/**
 * Takes an app back, while the old release is warm with one gateway command. Without `to`: while a release is gray,
 * gray's traffic goes back to stable and its run ends; else the release that was stable before becomes stable again.
 * With `to`: that release, from its kept image. Needs neither Redis nor Git nor a build.
 * @throws GantryError `nothing-to-roll-back`, `release-unknown`, `release-stable`, `release-withdrawn`, `gray-stands`,
 * `never-stable`, `release-going-back`.
 */
export async function rollback(
  parts: EngineParts,
  wanted: { app: string; reason: string; to?: number },
  actor: Actor,
): Promise<RollbackStarted> {
  const app = await findApp(parts, wanted.app);
  const production = await findProduction(parts, app.id);
  const traffic = production?.traffic;
  if (traffic === undefined || traffic.stable === null) throw nothing(wanted.app);
  const reason = `rolled back by ${actor.replace(/^user:/, '')}${wanted.reason && `: ${wanted.reason}`}`;
  const stable = await releaseIn(parts, traffic.lanes[traffic.stable]);
  if (wanted.to === undefined && traffic.gray !== null) {
    const gray = await releaseIn(parts, traffic.lanes[traffic.gray]);
    const run = await endGrayRun(parts, gray, reason, actor);
    if (run !== undefined) return { run, kind: 'gray', from: name(gray), to: name(stable) };
  }
  const target =
    wanted.to === undefined
      ? await releaseBefore(parts, app.name, traffic)
      : await releaseNamed(parts, app, traffic, wanted.to);
  const isWarm = traffic.warm !== null && traffic.lanes[traffic.warm] === target.id;
  const run = await startSwitch(parts, app, { target, reason, isWarm }, actor);
  return { run, kind: isWarm ? 'warm' : 'cold', from: name(stable), to: name(target) };
}

async function startSwitch(
  parts: EngineParts,
  app: Tables['apps'],
  wanted: { target: Release; reason: string; isWarm: boolean },
  actor: Actor,
): Promise<number> {
  const { target } = wanted;
  const result = await parts.store.write(async (tx) => {
    const run = await tx
      .selectFrom('runs')
      .selectAll()
      .where('id', '=', target.runId as never)
      .executeTakeFirstOrThrow();
    if (run.state === 'undoing') throw goingBack(target, run.number);
    const newest = await newestWayBack(tx, app.id);
    // Asked twice: two that start instances at the same time would start twice as many.
    if (newest?.release_id === target.id) return { row: newest, hints: [] };
    return createRun(parts, tx, app, {
      trigger: 'rollback',
      ref: run.ref,
      commit: run.commit,
      title: wanted.reason,
      author: run.author,
      startedBy: actor,
      priority: 10,
      releaseId: target.id as never,
      // Instances that start have no role yet: no other run may tidy them away. A way back waits for nobody, though.
      holdsRollout: !wanted.isWarm && (await holderOf(tx, app.id)) === null,
      steps: [
        {
          name: 'switch back',
          kind: 'promote',
          role: 'production',
          stage: 'production',
          verb: 'undo',
          spec: { to: target.id, keepWarm: ROLLED_BACK_WARM_MS },
          timeoutMs: SWITCH_BACK_MS,
          pool: await poolOf(tx, target),
        },
      ],
    });
  });
  await ringAll(parts, result.hints);
  return result.row.number;
}

/** The last rollback of the app that is still on its way: an older one to the same release has been overtaken. */
async function newestWayBack(tx: Tx, app: Tables['apps']['id']) {
  return tx
    .selectFrom('runs')
    .select(['number', 'release_id'])
    .where('app_id', '=', app)
    .where('trigger', '=', 'rollback')
    .where('ended_at', 'is', null)
    .where('ends_as', 'is', null)
    .orderBy('number', 'desc')
    .executeTakeFirst();
}

/** Whoever brought it to production reaches production. */
async function poolOf(tx: Tx, { runId }: Release): Promise<string> {
  const step = await tx
    .selectFrom('steps')
    .select('pool')
    .where('run_id', '=', runId as never)
    .where('role', '=', 'production')
    .executeTakeFirst();
  return step?.pool ?? DEFAULT_POOL;
}

/** Who was stable before: kept warm, or known as the way back. */
async function releaseBefore(parts: EngineParts, app: string, traffic: Traffic): Promise<Release> {
  const back = traffic.warm === null ? traffic.previous : traffic.lanes[traffic.warm];
  if (back === null) throw nothing(app);
  const target = await releaseIn(parts, back);
  if (target.state === 'withdrawn') throw withdrawn(app, target);
  return target;
}

/**
 * Any release that served before. One that never did would get past its gates this way.
 */
async function releaseNamed(
  parts: EngineParts,
  app: Tables['apps'],
  traffic: Traffic,
  number: number,
): Promise<Release> {
  const target = await findReleaseNumber(parts, app, number);
  const lane = traffic.stable;
  if (lane !== null && traffic.lanes[lane] === target.id) {
    throw new GantryError('conflict', 'release-stable', `${name(target)} is stable already`, see(app.name));
  }
  if (target.state === 'withdrawn') throw withdrawn(app.name, target);
  if (traffic.gray !== null) {
    throw new GantryError(
      'conflict',
      'gray-stands',
      `${app.name} has a gray release now`,
      `end that first: gantry rollback ${app.name}`,
    );
  }
  if (!(await everServed(parts, target))) {
    throw new GantryError(
      'conflict',
      'never-stable',
      `${name(target)} never was stable: a rollback would lead past its gates`,
      'let its own run bring it to production, or push its commit again',
    );
  }
  return target;
}

async function everServed(parts: EngineParts, release: Release): Promise<boolean> {
  const row = await parts.store.read
    .selectFrom('steps')
    .select('id')
    .where('run_id', '=', release.runId as never)
    .where('kind', '=', 'promote')
    .where('verb', '=', 'run')
    .where('state', '=', 'succeeded')
    .executeTakeFirst();
  return row !== undefined;
}

const see = (app: string): string => `see its releases: gantry release list ${app}`;

const withdrawn = (app: string, release: Release): GantryError =>
  new GantryError(
    'conflict',
    'release-withdrawn',
    `${name(release)} was withdrawn and is no rollback target`,
    `name another one: gantry rollback ${app} --to RELEASE`,
  );

/** To make it stable again would bring back what somebody is taking away. */
const goingBack = (release: Release, run: number): GantryError =>
  new GantryError(
    'conflict',
    'release-going-back',
    `run ${run} is taking ${name(release)} back at this moment`,
    `wait until it has ended, or name another one: gantry rollback ${release.record.app} --to RELEASE`,
  );

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
    see(app),
  );
}

/**
 * Ends the run whose release is gray; its undo steps take the traffic back.
 * @returns its number; undefined when it has ended and left its release gray
 */
async function endGrayRun(
  parts: EngineParts,
  gray: Release,
  reason: string,
  actor: Actor,
): Promise<number | undefined> {
  const ended = await parts.store.write(async (tx) => {
    const run = await tx
      .selectFrom('runs')
      .selectAll()
      .where('id', '=', gray.runId as never)
      .executeTakeFirst();
    if (run === undefined || isFinalRun(run.state)) return undefined;
    // Asked twice, or while it goes back by itself: the stable release must not go as well.
    if (run.state === 'undoing') return { number: run.number, hints: [] };
    const { hints } = await applyEvent(parts, tx, run.id, { type: 'end-early', as: 'cancelled', reason }, actor);
    return { number: run.number, hints };
  });
  if (ended === undefined) return undefined;
  await ringAll(parts, ended.hints);
  return ended.number;
}
