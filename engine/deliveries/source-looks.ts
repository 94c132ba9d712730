import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';

/** How often a source is compared with what was delivered of it. */
export const LOOK_EVERY_MS = 45_000;
/** A source that does not answer is asked this often: what was pushed meanwhile is found soon after it is back. */
const LOOK_AFTER_FAILURE_MS = 60_000;
/** Whoever looks has this long; after it another one may, since a process that was killed says nothing. */
const LOOK_TAKES_MS = 30_000;

export interface SourceDue {
  id: AppId;
  name: string;
}

/** The apps whose source is to be looked at now, the one that waits longest first. */
export async function sourcesDue(parts: EngineParts): Promise<SourceDue[]> {
  return parts.store.read
    .selectFrom('app_sources as s')
    .innerJoin('apps', 'apps.id', 's.app_id')
    .leftJoin('source_looks as l', 'l.app_id', 's.app_id')
    .select(['apps.id', 'apps.name'])
    .where((e) => e(e.fn.coalesce('l.not_before', e.lit(0)), '<=', parts.clock.now()))
    .orderBy((e) => e.fn.coalesce('l.not_before', e.lit(0)))
    .orderBy('apps.id')
    .execute();
}

/** Takes the look at a source for the caller; false when somebody else has it, or had it just now. */
export async function takeLook(parts: EngineParts, appId: AppId): Promise<boolean> {
  const now = parts.clock.now();
  const until = now + LOOK_TAKES_MS;
  const row = { app_id: appId, url: '', looked_at: null, not_before: until, failures: 0, reason: '' };
  const taken = await parts.store.write((tx) =>
    tx
      .insertInto('source_looks')
      .values(row)
      .onConflict((c) =>
        c.column('app_id').doUpdateSet({ not_before: until }).where('source_looks.not_before', '<=', now),
      )
      .returning('app_id')
      .executeTakeFirst(),
  );
  return taken !== undefined;
}

/**
 * A look that failed: the next one comes a little later.
 * @returns true when this is news: it went well before, or failed for another reason
 */
export async function failLook(parts: EngineParts, appId: AppId, reason: string): Promise<boolean> {
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const known = await tx
      .selectFrom('source_looks')
      .select(['failures', 'reason'])
      .where('app_id', '=', appId)
      .executeTakeFirst();
    if (known === undefined) return false;
    await tx
      .updateTable('source_looks')
      .set({ failures: known.failures + 1, reason, not_before: now + LOOK_AFTER_FAILURE_MS })
      .where('app_id', '=', appId)
      .execute();
    return known.reason !== reason;
  });
}

/** Web has started: what did not answer is asked again at once. */
export async function lookAnew(parts: EngineParts): Promise<void> {
  await parts.store.write((tx) =>
    tx.updateTable('source_looks').set({ not_before: 0 }).where('failures', '>', 0).execute(),
  );
}

/** When a source is looked at again. Each has a time of its own, so that hundreds do not stay in step. */
export const nextLook = (appId: AppId, now: number): number =>
  now + Math.round(LOOK_EVERY_MS * (0.75 + Number.parseInt(appId.slice(-4), 16) / 0xffff / 4));
