import { NO_COMMIT } from '../../engine/deliveries/accept';
import type { HookWaiting } from '../../engine/deliveries/hooks';
import { messageOf } from '../../engine/model/errors';
import { requestOf } from '../../engine/model/ref-name';
import { unchangedApps } from '../git/unchanged';
import { FETCH_RETRY_MAX_MS, FETCH_RETRY_MS, HOOK_GIVE_UP_MS, HOOKS_LOOP_MS } from '../limits';
import type { WebParts } from '../parts';
import { type AppLoop, type LoopApp, startAppLoop } from './app-loop';
import { fetchRefs } from './fetch';
import { followRequest } from './follow-request';

/**
 * Follows stored hooks: fetches the ref that each names, and makes a run of its head. The record leads, so that a kill
 * at any line loses nothing: what is pending is found again at the next start, or by another web process. One fetch at
 * a time for an app, a few apps at once.
 */
export const startHooksLoop = (parts: WebParts): AppLoop =>
  startAppLoop(parts, {
    everyMs: HOOKS_LOOP_MS,
    due: () => parts.engine.hooks.appsDue(),
    work: (app) => followAll(parts, app),
    warning: 'webhooks could not be followed; trying again',
  });

/** Everything that waits for one app: one fetch for a batch of hooks, a run for each ref that moved, the next batch. */
async function followAll(parts: WebParts, app: LoopApp): Promise<void> {
  for (;;) {
    const due = await parts.engine.hooks.due(app.id);
    if (due.length === 0 || parts.stopping.aborted) return;
    await orLater(parts, app, due, () => followBatch(parts, app, due));
  }
}

/** Stopped in the middle of it, hooks stay due, and the next start goes on with them. */
async function orLater(
  parts: WebParts,
  app: LoopApp,
  hooks: readonly HookWaiting[],
  follow: () => Promise<void>,
): Promise<void> {
  try {
    await follow();
  } catch (error) {
    if (!parts.stopping.aborted) await tryLater(parts, app, hooks, messageOf(error));
  }
}

async function followBatch(parts: WebParts, app: LoopApp, due: readonly HookWaiting[]): Promise<void> {
  const { engine, options, stopping } = parts;
  const source = await engine.hooks.sourceOf(app.id);
  const ids = due.map(({ id }) => id);
  if (source === undefined) return engine.hooks.end(ids, 'ignored', 'the app has no source any more');
  const byRef = groupedByRef(due);
  for (const [ref, hooks] of byRef) {
    const number = requestOf(ref);
    if (number === undefined) continue;
    byRef.delete(ref);
    await orLater(parts, app, hooks, () => followRequest(parts, { app, source, ref, number, hooks }));
  }
  if (byRef.size === 0) return;
  // Read before the fetch: another web, which fetched later, may be done with it sooner.
  const delivered = await engine.deliveries.heads(app.id);
  const { heads, failed } = await fetchRefs(options, app.name, source, [...byRef.keys()], stopping);
  for (const [ref, hooks] of byRef) {
    const move = { ref, since: delivered.get(ref) ?? NO_COMMIT, head: heads.get(ref) };
    await orLater(parts, app, hooks, async () => {
      const why = failed.get(ref);
      if (why !== undefined) throw why;
      await settle(parts, app, hooks, move);
    });
  }
}

function groupedByRef(hooks: readonly HookWaiting[]): Map<string, HookWaiting[]> {
  const byRef = new Map<string, HookWaiting[]>();
  for (const hook of hooks) {
    const same = byRef.get(hook.ref);
    if (same === undefined) byRef.set(hook.ref, [hook]);
    else same.push(hook);
  }
  return byRef;
}

async function settle(
  parts: WebParts,
  app: LoopApp,
  hooks: readonly HookWaiting[],
  { ref, since, head }: { ref: string; since: string; head: string | undefined },
): Promise<void> {
  const { engine, log } = parts;
  const ids = hooks.map(({ id }) => id);
  if (head === undefined) return engine.hooks.end(ids, 'ignored', `the source has no ${ref} any more`);
  await engine.parts.probe('hook-fetched', { app: app.name, head });
  const unchanged = await unchangedApps(parts, app.name, { before: since, after: head });
  const { forge = '' } = hooks[0] ?? {};
  const run = await engine.hooks.settle({ app, forge, ref, head, since, hooks: ids, unchanged });
  log.info({ app: app.name, forge, ref, head, run }, 'a webhook was followed');
}

/** Keeps the hooks with what went wrong, and waits longer each time; very old ones have failed. */
async function tryLater(
  { engine, log }: WebParts,
  app: LoopApp,
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
