import { sql } from 'kysely';
import { GantryError } from '../model/errors';
import type { AppId } from '../model/ids';
import { isBranchOrTag } from '../model/ref-name';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { NO_COMMIT } from './accept';
import { storeHook } from './receive-hook';
import { nextLook } from './source-looks';

export interface SourceSeen {
  app: { id: AppId; name: string };
  /** The address that was looked at. */
  url: string;
  /** Its branches and tags, each with what it names. */
  heads: ReadonlyMap<string, string>;
}

export interface SourceCompared {
  /** Refs that have moved without that anybody told it. They are stored, and followed like webhooks. */
  missed: string[];
  /** Refs that were there and are not any more, with where they stood. */
  gone: { ref: string; commit: string }[];
}

interface Compared {
  parts: EngineParts;
  tx: Tx;
  app: SourceSeen['app'];
  heads: SourceSeen['heads'];
}

/** How a move is told that was found by looking. */
export const LOOKED = 'ls-remote';
const NOTHING: SourceCompared = { missed: [], gone: [] };
/** Rows of one statement: both databases limit the values of one. */
const ROWS = 500;

/**
 * Compares a source with what was delivered of it, and stores what was missed, in one transaction; what is stored waits
 * like a webhook of the same move, so that together they make one run. What a source has when it is looked at for the
 * first time is taken as known: it was there before Gantry was; but what a forge had told before, and has moved since, was
 * missed. When there is no room for more runs, the rest is found by the next look.
 */
export async function compareSource(parts: EngineParts, seen: SourceSeen): Promise<SourceCompared> {
  const { app, url } = seen;
  const heads = new Map([...seen.heads].filter(([ref]) => isBranchOrTag(ref)));
  return parts.store.write(async (tx) => {
    const source = await tx.selectFrom('app_sources').select('url').where('app_id', '=', app.id).executeTakeFirst();
    // Connected anew meanwhile: the next look sees the other one.
    if (source?.url !== url) return NOTHING;
    const compared = { parts, tx, app, heads };
    const isFirst = await beginsWith(tx, app.id, url);
    if (isFirst) await takeAsKnown(compared);
    const { missed, problem } = await storeMissed(compared);
    const now = parts.clock.now();
    await tx
      .updateTable('source_looks')
      .set({ url, looked_at: now, not_before: nextLook(app.id, now), failures: 0, reason: problem })
      .where('app_id', '=', app.id)
      .execute();
    return { missed, gone: isFirst ? [] : await goneFrom(compared) };
  });
}

/** A ref that is at the source no more was taken care of. */
export async function forgetSourceHead(parts: EngineParts, appId: AppId, ref: string): Promise<void> {
  await parts.store.write((tx) =>
    tx.deleteFrom('source_heads').where('app_id', '=', appId).where('ref', '=', ref).execute(),
  );
}

async function beginsWith(tx: Tx, appId: AppId, url: string): Promise<boolean> {
  const look = await tx
    .selectFrom('source_looks')
    .select(['url', 'looked_at'])
    .where('app_id', '=', appId)
    .executeTakeFirst();
  return look?.url !== url || look.looked_at === null;
}

interface Told {
  missed: string[];
  /** Why not all of it could be stored. */
  problem: string;
}

async function takeAsKnown({ tx, app, heads }: Compared): Promise<void> {
  await tx.deleteFrom('source_heads').where('app_id', '=', app.id).execute();
  const delivered = await deliveredOf(tx, app.id);
  const rows: ReturnType<typeof rowOf>[] = [];
  for (const [ref, commit] of heads) {
    const last = delivered.get(ref) ?? commit;
    if (last !== commit && !(await isPushedHere(tx, app.id, ref, last))) continue;
    rows.push(rowOf(app.id, ref, commit, delivered));
  }
  for (let i = 0; i < rows.length; i += ROWS) {
    await tx
      .insertInto('source_heads')
      .values(rows.slice(i, i + ROWS))
      .execute();
  }
}

async function storeMissed(compared: Compared): Promise<Told> {
  const { tx, app, heads } = compared;
  const delivered = await deliveredOf(tx, app.id);
  const seen = await seenOf(tx, app.id);
  const waiting = await waitingOf(tx, app.id);
  const missed: string[] = [];
  for (const [ref, commit] of heads) {
    const row = rowOf(app.id, ref, commit, delivered);
    const known = seen.get(ref);
    if (known?.commit === commit && known.delivered === row.delivered) continue;
    const isOld =
      known?.commit === commit || (row.delivered !== NO_COMMIT && (await wasDelivered(tx, app.id, ref, commit)));
    const stands = isOld && (await isPushedHere(tx, app.id, ref, row.delivered));
    if (commit !== row.delivered && !stands) {
      // A webhook has told it, or something else of this ref, and is being followed.
      if (waiting.has(ref)) continue;
      const problem = await store(compared, ref, commit);
      if (problem !== '') return { missed, problem };
      missed.push(ref);
    }
    await keep(tx, row);
  }
  return { missed, problem: '' };
}

/**
 * Whether what was delivered last came by the built-in remote: then the source did not move, and moves nothing back.
 * Otherwise the source went there and has come back.
 */
async function isPushedHere(tx: Tx, appId: AppId, ref: string, after: string): Promise<boolean> {
  const last = await tx
    .selectFrom('deliveries')
    .select('source')
    .where('app_id', '=', appId)
    .where('ref', '=', ref)
    .where('after', '=', after)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.source === 'git-push' || last?.source === 'refs-loop';
}

/** Whether it was told, by a webhook perhaps, since it was looked at for the last time. */
async function wasDelivered(tx: Tx, appId: AppId, ref: string, after: string): Promise<boolean> {
  const found = await tx
    .selectFrom('deliveries')
    .select('id')
    .where('app_id', '=', appId)
    .where('ref', '=', ref)
    .where('after', '=', after)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** @returns why there is no room for it now; empty when it is stored */
async function store({ parts, tx, app }: Compared, ref: string, after: string): Promise<string> {
  try {
    const named = { appId: app.id, forge: LOOKED, event: 'moved', ignored: '' };
    await storeHook(parts, tx, { ...named, deliveryId: `${ref}@${after}@${parts.clock.now()}`, move: { ref, after } });
    return '';
  } catch (error) {
    if (error instanceof GantryError && error.kind === 'busy') return error.message;
    throw error;
  }
}

/** One that shows nothing at all has more likely lost its repository than every branch of it. */
async function goneFrom({ tx, app, heads }: Compared): Promise<SourceCompared['gone']> {
  if (heads.size === 0) return [];
  return [...(await seenOf(tx, app.id))]
    .filter(([ref]) => !heads.has(ref))
    .map(([ref, { commit }]) => ({ ref, commit }));
}

const rowOf = (app_id: AppId, ref: string, commit: string, delivered: ReadonlyMap<string, string>) => ({
  app_id,
  ref,
  commit,
  delivered: delivered.get(ref) ?? NO_COMMIT,
});

const keep = (tx: Tx, row: ReturnType<typeof rowOf>) =>
  tx
    .insertInto('source_heads')
    .values(row)
    .onConflict((c) => c.columns(['app_id', 'ref']).doUpdateSet({ commit: row.commit, delivered: row.delivered }))
    .execute();

async function deliveredOf(tx: Tx, appId: AppId): Promise<Map<string, string>> {
  const rows = await tx.selectFrom('ref_heads').select(['ref', 'commit']).where('app_id', '=', appId).execute();
  return new Map(rows.map(({ ref, commit }) => [ref, commit]));
}

async function seenOf(tx: Tx, appId: AppId) {
  const rows = await tx
    .selectFrom('source_heads')
    .select(['ref', 'commit', 'delivered'])
    .where('app_id', '=', appId)
    .execute();
  return new Map(rows.map(({ ref, ...row }) => [ref, row]));
}

async function waitingOf(tx: Tx, appId: AppId): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('hook_deliveries')
    .select('ref')
    .distinct()
    .where('app_id', '=', appId)
    .where('outcome', '=', sql.lit('pending' as const))
    .execute();
  return new Set(rows.map(({ ref }) => ref));
}
