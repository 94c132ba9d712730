import type { ExtraEnd } from '../../engine/extras/asked';
import type { Extra } from '../../engine/extras/names';
import { GantryError, messageOf } from '../../engine/model/errors';
import { EXTRAS_LOOP_MS, FETCH_MS } from '../limits';
import type { WebParts } from '../parts';
import { type AppLoop, type LoopApp, startAppLoop } from './app-loop';
import { bringModules, removeOldModules } from './bring-modules';

/**
 * Brings what runs wait for that belongs to their commits and is not in them: only web speaks with sources. Two web
 * processes may bring the same; it is the same then, and nothing is harmed.
 */
export function startExtrasLoop(parts: WebParts): AppLoop {
  removeOldModules(parts.options).catch((error: unknown) => {
    parts.log.warn({ error: messageOf(error) }, 'what a killed process has left of a submodule could not be removed');
  });
  return startAppLoop(parts, {
    everyMs: EXTRAS_LOOP_MS,
    due: () => parts.engine.extras.appsDue(),
    work: (app) => bringAll(parts, app),
    warning: 'what runs wait for could not be brought; trying again',
  });
}

async function bringAll(parts: WebParts, app: LoopApp): Promise<void> {
  for (const { commit, extra, asked_at: askedAt } of await parts.engine.extras.due(app.id)) {
    const end = await bring(parts, app, commit, extra);
    // It stays asked for, and whoever starts next goes on with it.
    if (parts.stopping.aborted) return;
    await parts.engine.extras.settle({ appId: app.id, commit, extra, askedAt, ...end });
    parts.log.info({ app: app.name, commit, extra, ...end }, 'an extra of a commit was asked for');
  }
}

async function bring(parts: WebParts, app: LoopApp, commit: string, extra: Extra): Promise<ExtraEnd> {
  const source = await parts.engine.hooks.sourceOf(app.id);
  if (source === undefined) return { state: 'refused', reason: 'the app has no source any more' };
  const stop = AbortSignal.any([parts.stopping, AbortSignal.timeout(FETCH_MS)]);
  try {
    await BRING[extra](parts.options, { app: app.name, source, commit }, stop);
    return { state: 'there', reason: '' };
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    const reason = [error.message, error.next].filter((part) => part !== '').join('; ');
    return { state: error.kind === 'invalid' ? 'refused' : 'failed', reason };
  }
}

const BRING: Record<Extra, typeof bringModules> = { submodules: bringModules };
