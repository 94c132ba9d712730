import type { Reader } from '../store/store';

/** A receiver that does not take what it is told. */
export interface Trouble {
  /** `channel ops`, `forge of storefront`. */
  receiver: string;
  reason: string;
  /** Where to look at it. */
  look: string;
}

/** Channels and forges that refused, or did not answer, the last time. */
export async function listTroubles(db: Reader): Promise<Trouble[]> {
  const rows = await db
    .selectFrom('outgoing_lines')
    .select(['name', 'trouble'])
    .where('trouble', '!=', '')
    .orderBy('name')
    .execute();
  const apps = new Map(
    (await db.selectFrom('apps').select(['id', 'name']).execute()).map(({ id, name }) => [`forge:${id}`, name]),
  );
  return rows.map(({ name, trouble }) => {
    const app = apps.get(name);
    const channel = name.replace(/^channel:/, '');
    return app === undefined
      ? { receiver: `channel ${channel}`, reason: trouble, look: `gantry channel show ${channel}` }
      : { receiver: `forge of ${app}`, reason: trouble, look: `gantry app show ${app}` };
  });
}
