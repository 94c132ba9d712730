import { z } from 'zod';
import type { EngineParts } from '../parts';
import { FINDINGS, type Finding } from './chain';

const KEY = 'audit:watched';

const watchedShape = z.object({
  /** When everything had been checked last; null: not since the runner began. */
  passedAt: z.number().nullable(),
  passMs: z.number().nullable(),
  entries: z.number(),
  anchoredAt: z.number().nullable(),
  breaks: z.array(
    z.object({
      chain: z.string(),
      entry: z.number(),
      finding: z.enum(Object.keys(FINDINGS) as [Finding, ...Finding[]]),
      says: z.string(),
    }),
  ),
});
/** What was found last by the one that watches. */
export type AuditWatched = z.infer<typeof watchedShape>;

/** Where every web process, and the doctor, can see it. */
export async function noteWatched({ store }: Pick<EngineParts, 'store'>, watched: AuditWatched): Promise<void> {
  const value = JSON.stringify(watched);
  await store.write((tx) =>
    tx
      .insertInto('meta')
      .values({ key: KEY, value })
      .onConflict((c) => c.column('key').doUpdateSet({ value }))
      .execute(),
  );
}

/** What the watching runner found last; null when none has watched yet. */
export async function watchedAudit({ store }: Pick<EngineParts, 'store'>): Promise<AuditWatched | null> {
  const row = await store.read.selectFrom('meta').select('value').where('key', '=', KEY).executeTakeFirst();
  return row === undefined ? null : watchedShape.parse(JSON.parse(row.value));
}
