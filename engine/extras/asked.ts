import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Tables } from '../store/tables';
import type { Extra } from './names';

/** An extra of one commit. */
export interface ExtraOf {
  /** The app whose remote it is. */
  appId: AppId;
  commit: string;
  extra: Extra;
}

type Row = Tables['source_extras'];
/** `refused`: the commit asks for what nobody gets; `failed`: the source did not give it. Each with the reason. */
export type ExtraEnd = Pick<Row, 'reason'> & { state: Exclude<Row['state'], 'asked'> };

/** What was asked for is remembered for a month. */
const REMEMBERED_MS = 30 * 24 * 3_600_000;

/** Asks web, which alone speaks with sources, to bring an extra of a commit; also one that was there: it may be gone. */
export async function askExtra(parts: EngineParts, { appId, commit, extra }: ExtraOf): Promise<void> {
  await parts.store.write(async (tx) => {
    const now = parts.clock.now();
    await tx
      .deleteFrom('source_extras')
      .where('app_id', '=', appId)
      .where('asked_at', '<', now - REMEMBERED_MS)
      .execute();
    const asked = { state: 'asked' as const, reason: '', asked_at: now };
    await tx
      .insertInto('source_extras')
      .values({ app_id: appId, commit, extra, ...asked })
      .onConflict((c) => c.columns(['app_id', 'commit', 'extra']).doUpdateSet(asked))
      .execute();
  });
}

/** What became of it; undefined while web is at it. */
export async function extraEnd(parts: EngineParts, { appId, commit, extra }: ExtraOf): Promise<ExtraEnd | undefined> {
  const row = await parts.store.read
    .selectFrom('source_extras')
    .select(['state', 'reason'])
    .where('app_id', '=', appId)
    .where('commit', '=', commit)
    .where('extra', '=', extra)
    .executeTakeFirst();
  if (row === undefined || row.state === 'asked') return undefined;
  return { state: row.state, reason: row.reason };
}

/** The apps of which somebody waits for an extra. */
export const appsWithExtrasDue = (parts: EngineParts): Promise<{ id: AppId; name: string }[]> =>
  parts.store.read
    .selectFrom('source_extras as x')
    .innerJoin('apps', 'apps.id', 'x.app_id')
    .select(['apps.id', 'apps.name'])
    .distinct()
    .where('x.state', '=', 'asked')
    .execute();

/** What is asked for of one app, the oldest first. */
export const extrasDue = (parts: EngineParts, appId: AppId): Promise<Pick<Row, 'commit' | 'extra' | 'asked_at'>[]> =>
  parts.store.read
    .selectFrom('source_extras')
    .select(['commit', 'extra', 'asked_at'])
    .where('app_id', '=', appId)
    .where('state', '=', 'asked')
    .orderBy('asked_at')
    .execute();

/** Says what became of it, unless it was asked for anew meanwhile. */
export async function settleExtra(
  parts: EngineParts,
  { appId, commit, extra, askedAt, ...end }: ExtraOf & ExtraEnd & { askedAt: number },
): Promise<void> {
  await parts.store.write((tx) =>
    tx
      .updateTable('source_extras')
      .set(end)
      .where('app_id', '=', appId)
      .where('commit', '=', commit)
      .where('extra', '=', extra)
      .where('asked_at', '=', askedAt)
      .where('state', '=', 'asked')
      .execute(),
  );
}
