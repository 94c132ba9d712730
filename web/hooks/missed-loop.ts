import type { SourceCompared } from '../../engine/deliveries/compare-source';
import { messageOf } from '../../engine/model/errors';
import { repositoryFolder } from '../git/repository';
import { runGit } from '../git/run-git';
import { GIT_READ_MS, LOOKS_LOOP_MS } from '../limits';
import type { WebParts } from '../parts';
import { type AppLoop, type LoopApp, startAppLoop } from './app-loop';
import { remoteHeads } from './remote-heads';
import { removeOldKeys } from './ssh';
import { warnOfRefused } from './warn-refused';

/**
 * Finds pushes that no forge has told: forges do not send again what nobody took. The heads of each source are compared
 * with what was delivered of it, at the start and on a timer; what was missed is stored, and followed like a webhook. A
 * few sources at once, and each by one process alone, so that one that hangs holds up no other.
 */
export function startMissedLoop(parts: WebParts): AppLoop {
  removeOldKeys(parts.options).catch((error: unknown) => {
    parts.log.warn({ error: messageOf(error) }, 'keys that a killed process has left could not be removed');
  });
  warnOfRefused(parts).catch((error: unknown) => {
    parts.log.warn({ error: messageOf(error) }, 'sources could not be judged');
  });
  const begun = parts.engine.looks.anew().catch((error: unknown) => {
    parts.log.warn({ error: messageOf(error) }, 'sources that did not answer are asked again later');
  });
  return startAppLoop(parts, {
    everyMs: LOOKS_LOOP_MS,
    due: async () => {
      await begun;
      return parts.engine.looks.due();
    },
    work: (app) => lookAt(parts, app),
    warning: 'sources could not be compared; trying again',
  });
}

async function lookAt(parts: WebParts, app: LoopApp): Promise<void> {
  const { engine, options, stopping, log } = parts;
  if (!(await engine.looks.take(app.id))) return;
  const source = await engine.hooks.sourceOf(app.id);
  if (source === undefined) return;
  let heads: Map<string, string>;
  try {
    heads = await remoteHeads(options, app.name, source, stopping);
  } catch (error) {
    if (!stopping.aborted) await tellFailure(parts, app, messageOf(error));
    return;
  }
  const { missed, gone } = await engine.looks.compare({ app, url: source.url, heads });
  for (const one of gone) await removeRef(parts, app, one);
  if (missed.length === 0) return;
  log.info({ app: app.name, refs: missed.slice(0, REFS_TOLD), missed: missed.length }, 'pushes were missed, and found');
  parts.followHooks();
}

/** Of many, those named in a line of the log. */
const REFS_TOLD = 20;

/** Once for each reason: it is tried again every minute. */
async function tellFailure({ engine, log }: WebParts, app: LoopApp, reason: string): Promise<void> {
  if (await engine.looks.fail(app.id, reason)) {
    log.warn({ app: app.name, error: reason }, 'a source could not be compared; it is tried again every minute');
  }
}

/**
 * A ref that the source has deleted goes here, too, unless somebody has pushed to it here since; its commits stay. The
 * loop that compares refs delivers the deletion.
 */
async function removeRef(
  { engine, options, log }: WebParts,
  app: LoopApp,
  { ref, commit }: SourceCompared['gone'][number],
): Promise<void> {
  const git = (...args: string[]) => runGit(options, ['-C', repositoryFolder(options, app.name), ...args], GIT_READ_MS);
  const here = (await git('for-each-ref', '--format=%(objectname) %(refname)', ref)).split('\n');
  if (here.includes(`${commit} ${ref}`)) {
    await git('update-ref', '-d', ref, commit);
    log.info({ app: app.name, ref, commit }, 'the source has deleted a ref');
  }
  await engine.looks.forget(app.id, ref);
}
