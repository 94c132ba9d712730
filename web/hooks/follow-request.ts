import type { SourceToFetch } from '../../engine/apps/source';
import { NO_COMMIT } from '../../engine/deliveries/accept';
import type { HookWaiting } from '../../engine/deliveries/hooks';
import type { AppId } from '../../engine/model/ids';
import { OWN_REFS } from '../git/environment';
import { repositoryFolder } from '../git/repository';
import { runGit } from '../git/run-git';
import { FETCH_MS, GIT_READ_MS } from '../limits';
import type { WebParts } from '../parts';
import { FETCH } from './fetch';
import { askSource } from './remote-git';
import { remoteHeads } from './remote-heads';

interface Request {
  app: { id: AppId; name: string };
  source: SourceToFetch;
  ref: string;
  number: number;
  hooks: readonly HookWaiting[];
}

/**
 * Follows what a forge has told of a pull or merge request: fetches its head, or ends what waits of one that was closed.
 * Whether it comes from a fork is not taken from what the forge wrote: a head that no branch of the source stands at was
 * pushed by somebody who may not push there.
 */
export async function followRequest(parts: WebParts, { app, source, ref, number, hooks }: Request): Promise<void> {
  const { engine, log } = parts;
  const ids = hooks.map(({ id }) => id);
  const last = hooks.at(-1);
  const told = { app, forge: last?.forge ?? '', ref, number, hooks: ids };
  if (last?.after === NO_COMMIT) return engine.requests.close(told);
  const head = await fetchHead(parts, app.name, source, { ref, number });
  if (head === undefined) return engine.hooks.end(ids, 'ignored', `the source has no ${ref} any more`);
  const branches = await remoteHeads(parts.options, app.name, source, parts.stopping);
  const origin = [...branches].some(([name, at]) => name.startsWith('refs/heads/') && at === head) ? 'branch' : 'fork';
  await engine.parts.probe('hook-fetched', { app: app.name, head });
  const run = await engine.requests.settle({ ...told, head, origin });
  log.info({ app: app.name, request: number, head, origin, run }, 'a request was followed');
}

/** Its commits come in under a name that nobody pushes to, and that is no branch. */
async function fetchHead(
  { options, stopping }: WebParts,
  app: string,
  source: SourceToFetch,
  { ref, number }: { ref: string; number: number },
): Promise<string | undefined> {
  const here = `${OWN_REFS}/requests/${number}`;
  const question = { command: FETCH, about: [`+${ref}:${here}`], limitMs: FETCH_MS, stop: stopping };
  if ((await askSource(options, app, source, question)) === undefined) return undefined;
  const folder = repositoryFolder(options, app);
  const head = await runGit(options, ['-C', folder, 'show-ref', '--verify', '--hash', '--', here], GIT_READ_MS);
  return head.trim();
}
