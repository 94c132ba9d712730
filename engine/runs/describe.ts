import type { RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import { statement } from '../store/statement';

const describe = statement<{ run: RunId; title: string; author: string }, unknown>((db, argument) =>
  db
    .updateTable('runs')
    .set({ title: argument('title'), author: argument('author') })
    .where('id', '=', argument('run')),
);

/** Notes what people call this run: the commit's title and author. Known only once the commit was read. */
export async function describeRun(
  parts: EngineParts,
  lease: StepLease,
  what: { title: string; author: string },
): Promise<void> {
  await parts.store.write(async (tx) => {
    await fence(tx, lease);
    await describe(tx, { run: lease.run.id, title: what.title.slice(0, 200), author: what.author.slice(0, 200) });
  });
}
