import type { EngineParts } from '../parts';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';

/** Notes what people call this run: the commit's title and author. Known only once the commit was read. */
export async function describeRun(
  parts: EngineParts,
  lease: StepLease,
  what: { title: string; author: string },
): Promise<void> {
  await parts.store.write(async (tx) => {
    await fence(tx, lease);
    await tx
      .updateTable('runs')
      .set({ title: what.title.slice(0, 200), author: what.author.slice(0, 200) })
      .where('id', '=', lease.run.id)
      .execute();
  });
}
