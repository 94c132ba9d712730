import type { Bytes } from '../ports/bytes';
import type { Reader } from '../store/store';
import { digestsOfOpenRuns, type Needed, readNeeded } from './needed';
import { NOTHING, type Planned, type Sweep } from './sweep';

/** Bytes that were written since then may belong to a step, or to an upload, that has not written their record yet, ms. */
const YOUNG_MS = 24 * 3_600_000;
const PAGE = 100;
const WHY = 'no kept release is made of it';

/**
 * Removes the records of artifacts that nothing needs, then all bytes without a record or a release that needs them:
 * in this order, so that a record never names bytes that are gone because of us.
 */
export async function collectArtifacts(sweep: Sweep): Promise<void> {
  const needed = await readNeeded(sweep, sweep.policy.artifacts);
  const going = new Set<string>();
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after;
    after = undefined;
    await sweep.rows(async (db) => {
      const page = await oldArtifacts(db, from, sweep.now - sweep.policy.artifacts);
      after = page.at(-1)?.digest;
      return page.length === 0 ? NOTHING : planPage(db, page, needed, going);
    });
  }
  await removeBytes(sweep, sweep.parts.bytes, needed, going);
}

type Old = Awaited<ReturnType<typeof oldArtifacts>>[number];

const oldArtifacts = (db: Reader, after: string, before: number) =>
  db
    .selectFrom('artifacts')
    .select(['digest', 'name', 'size'])
    .where('sealed_at', '<', before)
    .where('digest', '>', after)
    .orderBy('digest')
    .limit(PAGE)
    .execute();

/** A run may have begun to need one since the releases were looked at. */
async function planPage(db: Reader, page: readonly Old[], needed: Needed, going: Set<string>): Promise<Planned> {
  const free = page.map(({ digest }) => digest).filter((digest) => !needed.has(digest));
  if (free.length === 0) return NOTHING;
  const wanted = await digestsOfOpenRuns(db);
  const gone = free.filter((digest) => !wanted.has(digest));
  for (const digest of gone) going.add(digest);
  return {
    // Their bytes are counted when they go.
    removals: [],
    remove: async (tx) => {
      if (gone.length > 0) await tx.deleteFrom('artifacts').where('digest', 'in', gone).execute();
    },
  };
}

async function removeBytes(sweep: Sweep, bytes: Bytes, needed: Needed, going: ReadonlySet<string>): Promise<void> {
  const before = sweep.now - Math.min(YOUNG_MS, sweep.policy.artifacts);
  for await (const { digest, size, writtenAt } of bytes.list()) {
    if (writtenAt >= before || needed.has(digest)) continue;
    // In a look the records are still there. Otherwise whoever has a record has sealed the same bytes meanwhile.
    const isGoing = sweep.dry && going.has(digest);
    if (!isGoing && (await isRecorded(sweep.parts.store.read, digest))) continue;
    if (!sweep.dry) await bytes.remove(digest);
    await sweep.note({ kind: 'artifacts', why: WHY, items: [{ name: digest, bytes: size }] });
  }
  if (!sweep.dry) await bytes.tidy(before);
}

async function isRecorded(db: Reader, digest: string): Promise<boolean> {
  const row = await db.selectFrom('artifacts').select('digest').where('digest', '=', digest).executeTakeFirst();
  return row !== undefined;
}
