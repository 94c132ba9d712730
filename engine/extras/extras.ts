import { findConnected } from '../apps/find-connected';
import { recordAudit } from '../audit/record';
import type { AppId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import { statement } from '../store/statement';
import type { Tables } from '../store/tables';
import { EXTRAS, type Extra } from './names';

/** As the column holds them. */
export const readExtras = (text: string): Extra[] => EXTRAS.filter((extra) => text.split(' ').includes(extra));

/** What is fetched with the commits of a repository; nothing unless somebody has turned it on. */
export async function extrasOf(parts: EngineParts, owner: AppId): Promise<Extra[]> {
  const [row] = await extrasByApp(parts.store.read, { owner });
  return readExtras(row?.extras ?? '');
}

const extrasByApp = statement<{ owner: AppId }, Pick<Tables['app_sources'], 'extras'>>((db, argument) =>
  db.selectFrom('app_sources').select('extras').where('app_id', '=', argument('owner')),
);

export interface ExtrasWanted {
  app: string;
  /** Those that are left out stay as they are. */
  change: Partial<Record<Extra, boolean>>;
}

/**
 * Turns on and off what is fetched with the commits of an app's source.
 * @returns what is on now
 * @throws GantryError `app-unknown`, `source-shared`, `source-none`.
 */
export function changeExtras(parts: EngineParts, { app: name, change }: ExtrasWanted, actor: Actor): Promise<Extra[]> {
  return parts.store.write(async (tx) => {
    const { app, source } = await findConnected(tx, name);
    const before = readExtras(source.extras);
    const extras = EXTRAS.filter((extra) => change[extra] ?? before.includes(extra));
    const values = { extras: extras.join(' ') };
    await tx.updateTable('app_sources').set(values).where('app_id', '=', app.id).execute();
    const detail = { before: source.extras, now: values.extras };
    await recordAudit(parts, tx, { chain: app.name, actor, action: 'app.source', object: app.name, detail });
    return extras;
  });
}
