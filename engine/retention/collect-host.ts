import { messageOf } from '../model/errors';
import type { Belongings } from '../ports/belongings';
import { type Needed, readNeeded } from './needed';
import { type HostVerdict, planCaches, planImages } from './plan-host';
import type { Removable } from './report';
import type { Sweep } from './sweep';

/** Removes images and caches of builds from the host on which they are. */
export async function collectHost(sweep: Sweep, belongings: Belongings): Promise<void> {
  await collectImages(sweep, belongings);
  await collectCaches(sweep, belongings);
}

async function collectImages(sweep: Sweep, belongings: Belongings): Promise<void> {
  const images = await belongings.list(['image']);
  const needed = await readNeeded(sweep, sweep.policy.images);
  const verdicts = planImages(images, needed, sweep.now - sweep.policy.images);
  await act(sweep, belongings, { kind: 'images', why: 'no kept release is made of it' }, verdicts, async (verdict) => {
    // A rollback may have begun to need it meanwhile.
    const now = sweep.dry ? needed : await readNeeded(sweep, sweep.policy.images);
    return isNeeded(now, verdict);
  });
}

const isNeeded = (needed: Needed, { one }: HostVerdict): boolean => needed.has(one.id);

async function collectCaches(sweep: Sweep, belongings: Belongings): Promise<void> {
  const volumes = await belongings.list(['volume']);
  const rows = await sweep.parts.store.read
    .selectFrom('runs')
    .innerJoin('apps', 'apps.id', 'runs.app_id')
    .select((e) => ['apps.name as app', e.fn.max('runs.created_at').as('at')])
    .groupBy('apps.name')
    .execute();
  const builtAt = new Map(rows.map(({ app, at }) => [app, Number(at)]));
  const verdicts = planCaches(volumes, builtAt, sweep.policy, sweep.now);
  await act(sweep, belongings, { kind: 'caches', why: 'its app is not built any more' }, verdicts, async () => false);
}

async function act(
  sweep: Sweep,
  belongings: Belongings,
  what: { kind: Removable; why: string },
  verdicts: readonly HostVerdict[],
  changed: (verdict: HostVerdict) => Promise<boolean>,
): Promise<void> {
  for (const verdict of verdicts) {
    const { one } = verdict;
    if (!verdict.goes) {
      sweep.stays(what.kind, verdict.why);
      continue;
    }
    if (await changed(verdict)) continue;
    const refusal = sweep.dry ? undefined : await belongings.remove(one).catch(messageOf);
    if (refusal !== undefined) sweep.left(what.kind, one.name, refusal);
    else await sweep.note({ ...what, items: [{ name: one.name, bytes: one.bytes }] });
  }
}
