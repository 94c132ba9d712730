import type { AppId, RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Reader, Tx } from '../store/store';
import type { RunTrigger, Tables } from '../store/tables';
import { FORGES, type ForgeName, forgeOf } from './forge-name';
import { type CommentBody, markOf, type StatusBody } from './post';
import { stageStatuses } from './stage-status';

/** Addresses for people: only the processes know them. */
export interface Links {
  run(app: string, number: number): string;
  host(host: string): string;
}

/** Of these runs a commit says nothing: it was built and judged by another one. */
const WITHOUT_STATUS: readonly RunTrigger[] = ['rollback', 'undo'];

/**
 * Writes down what the forge is to show of these runs, as they stand now. What it shows already is not written again.
 * Nothing for apps that have no source with a token, on a forge that is known.
 * @param runs when something last happened to each; what was before the app was connected is not told afterwards
 */
export async function wantPosts(
  parts: EngineParts,
  tx: Tx,
  runs: ReadonlyMap<RunId, number>,
  links: Links,
): Promise<void> {
  const forges = new Map<AppId, ForgeName | undefined>();
  for (const run of await connectedRuns(tx, [...runs.keys()])) {
    if (WITHOUT_STATUS.includes(run.trigger) || run.connected_at > (runs.get(run.id) ?? 0)) continue;
    if (!forges.has(run.owner)) forges.set(run.owner, await forgeIn(tx, run.owner, run.url));
    if (forges.get(run.owner) === undefined) continue;
    await wantStatuses(parts, tx, run, links);
    await wantComment(parts, tx, run, links);
  }
}

/** A run whose app has a source with a token. */
type ConnectedRun = Pick<
  Tables['runs'],
  'id' | 'app_id' | 'number' | 'trigger' | 'ref' | 'commit' | 'state' | 'reason'
> & {
  app: string;
  /** The app with the source. */
  owner: AppId;
  url: string;
  connected_at: number;
};

async function connectedRuns(tx: Tx, ids: readonly RunId[]): Promise<ConnectedRun[]> {
  if (ids.length === 0) return [];
  return tx
    .selectFrom('runs as r')
    .innerJoin('apps as a', 'a.id', 'r.app_id')
    .innerJoin('app_sources as s', (join) =>
      join.on((e) => e('s.app_id', '=', e.fn.coalesce('a.repository_id', 'a.id'))).on('s.token', 'is not', null),
    )
    .select(['r.id', 'r.app_id', 'r.number', 'r.trigger', 'r.ref', 'r.commit', 'r.state', 'r.reason'])
    .select(['a.name as app', 's.app_id as owner', 's.url', 's.connected_at'])
    .where('r.id', 'in', ids)
    .orderBy('r.id')
    .execute();
}

/** Which forge an app's source is on; undefined when nothing tells. */
export async function forgeIn(db: Reader | Tx, owner: AppId, url: string): Promise<ForgeName | undefined> {
  const known = forgeOf(url, undefined);
  if (known !== undefined) return known;
  const hook = await db
    .selectFrom('hook_deliveries')
    .select('forge')
    .where('app_id', '=', owner)
    .where('forge', 'in', FORGES)
    .orderBy('received_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return forgeOf(url, hook?.forge);
}

async function wantStatuses(parts: EngineParts, tx: Tx, run: ConnectedRun, links: Links): Promise<void> {
  const steps = await tx
    .selectFrom('steps')
    .select(['name', 'stage', 'state', 'reason'])
    .where('run_id', '=', run.id)
    .where('verb', '=', 'run')
    .orderBy('position')
    .execute();
  const link = links.run(run.app, run.number);
  for (const { stage, state, sentence } of stageStatuses(run, steps)) {
    const body: StatusBody = { state, sentence, link };
    const place = {
      app_id: run.owner,
      kind: 'status' as const,
      target: run.commit,
      context: contextOf(run.app, stage),
    };
    await want(parts, tx, { ...place, run_number: run.number, body: JSON.stringify(body) });
  }
}

export const contextOf = (app: string, stage: string): string => `gantry/${app}/${stage}`;

/** Where a request can be looked at, as soon as its run has delivered it somewhere. */
async function wantComment(parts: EngineParts, tx: Tx, run: ConnectedRun, links: Links): Promise<void> {
  const request = await tx
    .selectFrom('requests')
    .select('number')
    .where('app_id', '=', run.owner)
    .where('ref', '=', run.ref)
    .where('head', '=', run.commit)
    .executeTakeFirst();
  if (request === undefined) return;
  const places = await tx
    .selectFrom('environments')
    .innerJoin('steps', (join) => join.onRef('steps.stage', '=', 'environments.name').on('steps.kind', '=', 'deliver'))
    .select(['environments.name', 'environments.host'])
    .where('environments.app_id', '=', run.app_id)
    .where('steps.run_id', '=', run.id)
    .where('steps.state', '=', 'succeeded')
    .orderBy('steps.position')
    .execute();
  if (places.length === 0) return;
  const context = contextOf(run.app, 'request');
  const lines = places.map(({ name, host }) => `- **${name}**: ${links.host(host)}`);
  const head = `${run.app} at ${run.commit.slice(0, 12)} ([run ${run.number}](${links.run(run.app, run.number)}))`;
  const body: CommentBody = { text: [markOf(context), head, '', ...lines].join('\n') };
  const place = { app_id: run.owner, kind: 'comment' as const, target: String(request.number), context };
  await want(parts, tx, { ...place, run_number: run.number, body: JSON.stringify(body) });
}

type Wanted = Pick<Tables['forge_posts'], 'app_id' | 'kind' | 'target' | 'context' | 'run_number' | 'body'>;

/** An older run never takes the place of a newer one, and what is there already is not said again. */
async function want(parts: EngineParts, tx: Tx, wanted: Wanted): Promise<void> {
  const now = parts.clock.now();
  const untried = { failures: 0, not_before: 0, trouble: '', trouble_at: null, updated_at: now };
  const fresh = { version: 1, sent_version: 0, ...untried };
  await tx
    .insertInto('forge_posts')
    .values({ ...wanted, ...fresh })
    .onConflict((c) =>
      c
        .columns(['app_id', 'kind', 'target', 'context'])
        .doUpdateSet((e) => ({
          run_number: wanted.run_number,
          body: wanted.body,
          version: e('forge_posts.version', '+', 1),
          ...untried,
        }))
        .where('forge_posts.run_number', '<=', wanted.run_number)
        .where('forge_posts.body', '!=', wanted.body),
    )
    .execute();
}
