import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_COMMIT } from '../../engine/deliveries/accept';
import { messageOf } from '../../engine/model/errors';
import { GIT_READ_MS, REFS_LOOP_FULL, REFS_LOOP_MS } from '../limits';
import type { WebParts } from '../parts';
import { OWN_REFS } from './environment';
import { repositoryFolder } from './repository';
import { runGit } from './run-git';
import { unchangedApps } from './unchanged';

export interface RefsLoop {
  /** Compares now; resolves with how many missed pushes were accepted. */
  pass(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Finds pushes that are in Git and were never told to web: it was killed, or the hook was. A ref whose head was not
 * delivered is delivered now, under the same key as the hook would have used, so that a late hook is a repetition.
 */
export function startRefsLoop(parts: WebParts): RefsLoop {
  const seen = new Map<string, string>();
  let passes = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<number> = Promise.resolve(0);
  const pass = async (): Promise<number> => {
    if (passes++ % REFS_LOOP_FULL === 0) seen.clear();
    let found = 0;
    for (const app of await parts.engine.apps.list()) {
      if (app.repository_id !== null) continue; // seen with the app whose remote it shares
      if (parts.stopping.aborted) return found;
      const folder = repositoryFolder(parts.options, app.name);
      try {
        // Taken before the refs are read: a change in between shows at the next pass.
        const mark = await changeMark(folder);
        if (mark === undefined || seen.get(app.name) === mark) continue;
        found += await compare(parts, app);
        seen.set(app.name, mark);
      } catch (error) {
        // One app that has too many runs, or whose repository is broken, must not keep the others from being looked at.
        parts.log.warn({ app: app.name, error: messageOf(error) }, 'the refs of an app could not be compared');
      }
    }
    return found;
  };
  const next = () => {
    timer = undefined;
    running = pass()
      .catch((error: unknown) => {
        parts.log.warn({ error: messageOf(error) }, 'refs could not be compared with deliveries; trying again');
        return 0;
      })
      .finally(() => {
        if (!parts.stopping.aborted) timer = setTimeout(next, REFS_LOOP_MS);
      });
  };
  next();
  return {
    pass,
    stop: async () => {
      clearTimeout(timer);
      await running;
    },
  };
}

async function compare(parts: WebParts, app: { id: string; name: string }): Promise<number> {
  // Read first: a head that somebody delivers after this is not mistaken for one that went before what Git has.
  const delivered = await parts.engine.deliveries.heads(app.id);
  const heads = await headsOf(parts, app.name);
  let found = 0;
  for (const [ref, after] of heads) {
    const before = delivered.get(ref) ?? NO_COMMIT;
    if (before !== after) found += await deliver(parts, app.name, { ref, before, after });
  }
  for (const [ref, before] of delivered) {
    if (before !== NO_COMMIT && !heads.has(ref))
      found += await deliver(parts, app.name, { ref, before, after: NO_COMMIT });
  }
  return found;
}

async function deliver(
  parts: WebParts,
  app: string,
  push: { ref: string; before: string; after: string },
): Promise<number> {
  const unchanged = await unchangedApps(parts, app, push);
  const delivery = { app, source: 'refs-loop', pusher: 'unknown', unchanged, found: true, ...push };
  const accepted = await parts.engine.deliveries.accept(delivery, 'rule:refs-loop');
  if (accepted.every(({ known }) => known)) return 0;
  const runs = accepted.map(({ run }) => run?.id);
  parts.log.info({ app, ref: push.ref, runs }, 'a push that web was not told about was found');
  return 1;
}

async function headsOf(parts: WebParts, app: string): Promise<Map<string, string>> {
  const folder = repositoryFolder(parts.options, app);
  const args = ['-C', folder, 'for-each-ref', '--format=%(objectname) %(refname)'];
  const text = await runGit(parts.options, args, GIT_READ_MS);
  const lines = text.split('\n').filter((line) => line !== '' && !line.includes(` ${OWN_REFS}/`));
  return new Map(lines.map((line) => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]));
}

/**
 * Changes whenever a ref does: git writes a ref by renaming a file into its folder. So an idle Gantry starts no
 * process. Undefined when there is no repository.
 */
async function changeMark(folder: string): Promise<string | undefined> {
  const times = [await changedAt(join(folder, 'refs')), await changedAt(join(folder, 'packed-refs'))];
  if (times[0] === 'none') return undefined;
  const entries = await readdir(join(folder, 'refs'), { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((e) => e.isDirectory())) {
    times.push(`${entry.name}=${await changedAt(join(entry.parentPath, entry.name))}`);
  }
  return times.join(' ');
}

const changedAt = (path: string): Promise<string> =>
  stat(path, { bigint: true }).then(
    (found) => String(found.mtimeNs),
    () => 'none',
  );
