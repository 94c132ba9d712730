import { messageOf } from '../model/errors';
import type { Belonging, Belongings } from '../ports/belongings';
import type { Tx } from '../store/store';
import { readNeeded } from './needed';
import { type HostVerdict, planCaches, planImages } from './plan-host';
import type { Removable } from './report';
import type { Sweep } from './sweep';

/** So many images are removed after one look at what is needed: it reads much, and a rollback may begin meanwhile. */
const PORTION = 20;

/** Removes images and caches of builds from the host on which they are. */
export async function collectHost(sweep: Sweep, belongings: Belongings): Promise<void> {
  await collectImages(sweep, belongings);
  await collectCaches(sweep, belongings);
}

async function collectImages(sweep: Sweep, belongings: Belongings): Promise<void> {
  const images = await belongings.list(['image']);
  const needed = await readNeeded(sweep, sweep.policy.images);
  const going = goingOf(sweep, 'images', planImages(images, needed, sweep.now - sweep.policy.images));
  const what = { kind: 'images', why: 'no kept release is made of it' } as const;
  for (let at = 0; at < going.length; at += PORTION) {
    const now = sweep.dry ? needed : await readNeeded(sweep, sweep.policy.images);
    for (const one of going.slice(at, at + PORTION)) {
      if (!now.has(one.id)) await remove(sweep, belongings, what, one, (tx) => forgetImage(tx, one.id));
    }
  }
}

/** Whoever restarts a run takes what it made from its record: there is none of bytes that are neither here nor kept. */
async function forgetImage(tx: Tx, digest: string): Promise<void> {
  const kept = tx.selectFrom('image_archives').select('image_id').where('image_id', '=', digest);
  const archive = await kept.where('state', '=', 'kept').executeTakeFirst();
  if (archive === undefined) await tx.deleteFrom('artifacts').where('digest', '=', digest).execute();
}

async function collectCaches(sweep: Sweep, belongings: Belongings): Promise<void> {
  const volumes = await belongings.list(['volume']);
  const rows = await sweep.parts.store.read
    .selectFrom('runs')
    .innerJoin('apps', 'apps.id', 'runs.app_id')
    .select((e) => ['apps.name as app', e.fn.max('runs.created_at').as('at')])
    .groupBy('apps.name')
    .execute();
  const builtAt = new Map(rows.map(({ app, at }) => [app, Number(at)]));
  const what = { kind: 'caches', why: 'its app is not built any more' } as const;
  for (const one of goingOf(sweep, 'caches', planCaches(volumes, builtAt, sweep.policy, sweep.now))) {
    await remove(sweep, belongings, what, one);
  }
}

/** What goes; why the rest stays is noted. */
function goingOf(sweep: Sweep, kind: Removable, verdicts: readonly HostVerdict[]): Belonging[] {
  for (const verdict of verdicts) if (!verdict.goes) sweep.stays(kind, verdict.why);
  return verdicts.filter(({ goes }) => goes).map(({ one }) => one);
}

async function remove(
  sweep: Sweep,
  belongings: Belongings,
  what: { kind: Removable; why: string },
  one: Belonging,
  also?: (tx: Tx) => Promise<void>,
): Promise<void> {
  const refusal = sweep.dry ? undefined : await belongings.remove(one).catch(messageOf);
  if (refusal !== undefined) sweep.left(what.kind, one.name, refusal);
  else await sweep.note({ ...what, items: [{ name: one.name, bytes: one.bytes }] }, also);
}
