import { NO_COMMIT } from '../../engine/deliveries/accept';
import type { HookWaiting } from '../../engine/deliveries/hooks';
import { messageOf } from '../../engine/model/errors';
import type { AppId } from '../../engine/model/ids';
import { unchangedApps } from '../git/unchanged';
import { FETCH_RETRY_MAX_MS, FETCH_RETRY_MS, FETCHES_MAX, HOOK_GIVE_UP_MS, HOOKS_LOOP_MS } from '../limits';
import type { WebParts } from '../parts';
import { fetchRef } from './fetch';

export interface HooksLoop {
  /** Looks now: a hook was stored. Never throws, waits for nothing. */
  wake(): void;
  /** Ends fetches that run; what they were for stays pending. */
  stop(): Promise<void>;
}

interface App {
  id: AppId;
  name: string;
}

/**
 * Follows stored hooks: fetches the ref that each names, and makes a run of its head. The record leads, so that a kill
 * at any line loses nothing: what is pending is found again at the next start, or by another web process. One fetch at
 * a time for an app, a few apps at once.
 */
export function startHooksLoop(parts: WebParts): HooksLoop {
  const working = new Map<AppId, Promise<void>>();
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    for (const app of await parts.engine.hooks.appsDue()) {
      if (parts.stopping.aborted || working.size >= FETCHES_MAX) return;
      if (!working.has(app.id)) working.set(app.id, work(app));
    }
  };
  const work = (app: App) =>
    followAll(parts, app)
      // Its place is free now, and something may have come for this app after it had looked for the last time.
      .then(
        () => wake,
        (error: unknown) => warn(parts, app, error),
      )
      .then((next) => {
        working.delete(app.id);
        next?.();
      });
  const wake = () => {
    if (parts.stopping.aborted) return;
    looking = looking.then(look).catch((error: unknown) => warn(parts, undefined, error));
  };
  const timer = setInterval(wake, HOOKS_LOOP_MS);
  wake();
  return {
    wake,
    stop: async () => {
      clearInterval(timer);
      await looking;
      await Promise.all(working.values());
    },
  };
}

function warn(parts: WebParts, app: App | undefined, error: unknown): undefined {
  parts.log.warn({ app: app?.name, error: messageOf(error) }, 'webhooks could not be followed; trying again');
}

/** Everything that waits for one app: one fetch for all hooks that name the same ref, then the next ref. */
async function followAll(parts: WebParts, app: App): Promise<void> {
  for (;;) {
    const due = await parts.engine.hooks.due(app.id);
    const hooks = due.filter((hook) => hook.ref === due[0]?.ref);
    if (hooks.length === 0 || parts.stopping.aborted) return;
    try {
      await followRef(parts, app, hooks);
    } catch (error) {
      // Stopped in the middle: they stay due, and the next start goes on with them.
      if (parts.stopping.aborted) return;
      await tryLater(parts, app, hooks, messageOf(error));
    }
  }
}

async function followRef(parts: WebParts, app: App, hooks: readonly HookWaiting[]): Promise<void> {
  const { engine, log, options, stopping } = parts;
  const { ref = '', forge = '' } = hooks[0] ?? {};
  const ids = hooks.map(({ id }) => id);
  const source = await engine.hooks.sourceOf(app.id);
  if (source === undefined) return engine.hooks.end(ids, 'ignored', 'the app has no source any more');
  // Read before the fetch: another web, which fetched later, may be done with it sooner.
  const since = (await engine.deliveries.heads(app.id)).get(ref) ?? NO_COMMIT;
  const head = await fetchRef(options, app.name, source, ref, stopping);
  if (head === undefined) return engine.hooks.end(ids, 'ignored', `the source has no ${ref} any more`);
  await engine.parts.probe('hook-fetched', { app: app.name, head });
  const unchanged = await unchangedApps(parts, app.name, { before: since, after: head });
  const run = await engine.hooks.settle({ app, forge, ref, head, since, hooks: ids, unchanged });
  log.info({ app: app.name, forge, ref, head, run }, 'a webhook was followed');
}

/** Keeps the hooks with what went wrong, and waits longer each time; very old ones have failed. */
async function tryLater(
  { engine, log }: WebParts,
  app: App,
  hooks: readonly HookWaiting[],
  reason: string,
): Promise<void> {
  log.warn({ app: app.name, error: reason }, 'the source of an app could not be fetched');
  const now = engine.parts.clock.now();
  const isOld = (hook: HookWaiting) => now - hook.receivedAt > HOOK_GIVE_UP_MS;
  const old = hooks.filter(isOld).map(({ id }) => id);
  if (old.length > 0) await engine.hooks.end(old, 'failed', reason);
  const others = hooks.filter((hook) => !isOld(hook));
  if (others.length === 0) return;
  const wait = Math.min(FETCH_RETRY_MS * 2 ** Math.min(...others.map((h) => h.attempts)), FETCH_RETRY_MAX_MS);
  await engine.hooks.postpone(
    others.map(({ id }) => id),
    reason,
    now + wait,
  );
}
