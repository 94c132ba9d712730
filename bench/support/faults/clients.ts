import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Repository } from '../repository';
import type { Accepted } from './accepted';
import type { Fleet } from './fleet';
import { type ForgeRepository, githubHook } from './forge';
import type { FleetPlace } from './place';

const ANSWER_MS = 10_000;
/** Each so-manieth call of a forge brings nothing new. */
const TOLD_AGAIN = 4;
/** Before the same is tried again, or the next. */
const BREATH_MS = 50;
const PUSH_BREATH_MS = 300;

/** What a client works with: whom it calls, where it writes down what was accepted, until when. */
export interface Scene {
  fleet: Fleet;
  accepted: Accepted;
  signal: AbortSignal;
}

/** A developer: commits and pushes, and pushes again when that failed. */
export async function pushing({ fleet, accepted, signal }: Scene, place: FleetPlace, app: string, pipeline: string) {
  const repository = new Repository(join(place.folder, `clone-${app}`), place.environment);
  await repository.create();
  for (let i = 0; !signal.aborted; i++) {
    const branch = `work-${i % 3}`;
    repository.write({ 'gantry.yml': pipeline, Dockerfile: 'FROM gantry/node\n', version: String(i) });
    await repository.commit(`version ${i}`);
    const commit = await repository.head();
    let isNew = false;
    await untilAnswered(signal, async () => {
      isNew = await repository.pushNew(fleet.remote(app, anyOf(fleet)), branch);
    });
    // A push that Git has, but whose first try was never answered, was not accepted by anybody.
    if (isNew) accepted.pushes.push({ app, ref: `refs/heads/${branch}`, commit });
    await pause(PUSH_BREATH_MS);
  }
}

/** What a forge calls for. */
export interface Forge {
  app: string;
  secret: string;
  repository: ForgeRepository;
}

/**
 * A forge: calls for new commits of one branch after the other, now and then for a branch that stands, and sends the same
 * delivery again when nobody answered.
 * @param branches nobody else's
 */
export async function calling(
  { fleet, accepted, signal }: Scene,
  { app, secret, repository }: Forge,
  { caller, branches, everyMs }: { caller: string; branches: readonly string[]; everyMs: number },
): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const branch = branches[i % branches.length] as string;
    const delivery = `${app}-${caller}-${i}`;
    if (i % TOLD_AGAIN !== 0) await repository.commit(branch, delivery);
    const hook = githubHook(secret, delivery, branch);
    await untilAnswered(signal, async () => {
      const url = `${fleet.urls[anyOf(fleet)]}/hooks/${app}/github`;
      const answer = await fetch(url, { ...hook, signal: AbortSignal.timeout(ANSWER_MS) });
      await answer.text();
      if (!answer.ok) throw new Error(`the hook was answered with ${answer.status}`);
    });
    if (!signal.aborted) accepted.hooks.push({ app, delivery });
    await pause(everyMs);
  }
}

/** Somebody who makes apps. One whose answer was lost exists when it is wanted again: that is no second one. */
export async function creating({ fleet, accepted, signal }: Scene, everyMs: number): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const name = `made-${i}`;
    if (await once(() => fleet.call('POST', '/apps', { name }, anyOf(fleet)))) accepted.apps.push(name);
    await pause(everyMs);
  }
}

interface RunItem {
  number: number;
  state: string;
}

/** A release manager: says yes to what waits, cancels some runs, and now and then goes back. Nothing is tried twice. */
export async function deciding(
  { fleet, accepted, signal }: Scene,
  apps: readonly string[],
  options: { onlyApprove?: boolean } = {},
): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    await pause(BREATH_MS);
    const app = apps[i % apps.length] as string;
    const list = await answer(() =>
      fleet.call<{ items: RunItem[] }>(
        'GET',
        `/apps/${app}/runs?state=waiting,queued&limit=50`,
        undefined,
        anyOf(fleet),
      ),
    );
    const runs = list?.items ?? [];
    const say = async (by: 'approve' | 'cancel', run: RunItem | undefined): Promise<void> => {
      if (run === undefined) return;
      const path = `/apps/${app}/runs/${run.number}/${by}`;
      if (await once(() => fleet.call('POST', path, {}, anyOf(fleet))))
        accepted.runs.push({ app, number: run.number, by });
    };
    await say(
      'approve',
      runs.find(({ state }) => state === 'waiting'),
    );
    if (options.onlyApprove === true) continue;
    if (i % 5 === 0)
      await say(
        'cancel',
        runs.find(({ state }) => state === 'queued'),
      );
    if (i % 7 === 0) {
      const begun = await answer(() => fleet.call<{ run: number }>('POST', `/apps/${app}/rollback`, {}, anyOf(fleet)));
      if (begun !== undefined) accepted.runs.push({ app, number: begun.run, by: 'rollback' });
    }
  }
}

const anyOf = ({ urls }: Fleet): number => Math.floor(Math.random() * urls.length);

/** Tries until somebody has said yes, or the load is over. */
async function untilAnswered(signal: AbortSignal, act: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted && !(await once(act))) await pause(BREATH_MS);
}

async function once(act: () => Promise<unknown>): Promise<boolean> {
  return (await answer(async () => ({ it: await act() }))) !== undefined;
}

/** Undefined when it was refused, or the process died meanwhile: that is what this load is for. */
async function answer<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch {
    return undefined;
  }
}
