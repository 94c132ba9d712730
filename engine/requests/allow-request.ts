import { appsOfRepository } from '../apps/find';
import { findOwner } from '../apps/find-connected';
import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import { ringAll } from '../runs/apply';
import type { Tx } from '../store/store';
import { findRequest, type RequestRow } from './find';
import { startRequestRuns } from './start-runs';

export interface RequestAllowed {
  app: string;
  number: number;
  head: string;
  /** Number of the run. */
  run: number;
}

/**
 * Somebody has looked at the head of a fork, and lets it run: this commit alone, since the next push of the fork may be
 * anything.
 * @param wanted `head`: the commit that was looked at
 * @throws GantryError `app-unknown`, `source-shared`, `request-unknown`, `request-closed`, `request-moved`,
 * `request-has-run`, `too-many-runs`.
 */
export async function allowRequest(
  parts: EngineParts,
  wanted: { app: string; number: number; head: string },
  actor: Actor,
): Promise<RequestAllowed> {
  const { number, head } = wanted;
  const { run, hints, app } = await parts.store.write(async (tx) => {
    const owner = await findOwner(tx, wanted.app);
    const request = demandWaiting(await findRequest(tx, owner.id, number), owner.name, wanted);
    const object = `${owner.name} request ${number}`;
    for (const { name: chain } of await appsOfRepository(tx, owner.id)) {
      await recordAudit(parts, tx, { chain, actor, action: 'request.allow', object, detail: { head } });
    }
    const by = { actor, startedBy: actor.replace(/^user:/, '') };
    const started = await startRequestRuns(parts, tx, { owner, ref: request.ref, head, movedFrom: '', by });
    await allow(parts, tx, request, actor, started.run.id);
    return { ...started, app: owner.name };
  });
  await ringAll(parts, hints);
  return { app, number, head, run: run.number };
}

function demandWaiting(
  request: RequestRow | undefined,
  app: string,
  { number, head }: { number: number; head: string },
): RequestRow {
  const see = `see what there is: gantry request list ${app}`;
  if (request === undefined)
    throw new GantryError('not-found', 'request-unknown', `${app} knows no request ${number}`, see);
  if (request.state === 'closed')
    throw new GantryError('conflict', 'request-closed', `request ${number} was closed`, see);
  if (request.head !== head) {
    const message = `request ${number} stands at ${request.head.slice(0, 12)} now, and not at ${head.slice(0, 12)}`;
    throw new GantryError('conflict', 'request-moved', message, 'look at it again, and allow what you have seen');
  }
  if (request.run_id === null) return request;
  throw new GantryError('conflict', 'request-has-run', `this head of request ${number} has a run already`, see);
}

const allow = (parts: EngineParts, tx: Tx, request: RequestRow, actor: Actor, run: RequestRow['run_id']) =>
  tx
    .updateTable('requests')
    .set({ allowed_head: request.head, allowed_by: actor, allowed_at: parts.clock.now(), run_id: run })
    .where('app_id', '=', request.app_id)
    .where('number', '=', request.number)
    .execute();
