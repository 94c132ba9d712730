import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { WAITS_MAX, type WaitRule } from './limits';

/** Too many attempts failed: the next one is looked at after a while. */
export class WaitError extends GantryError {
  override readonly name = 'WaitError';
  constructor(readonly waitMs: number) {
    const seconds = Math.ceil(waitMs / 1000);
    super('busy', 'too-many-attempts', `too many attempts failed; wait ${seconds} s`, 'then try again');
  }
}

/** What is counted: `key` for the row, `told` for the audit. */
export interface Counted {
  key: string;
  rule: WaitRule;
  told: string;
}

/** How long the next attempt has to wait after so many failures, ms. */
export const waitAfter = ({ free, firstMs, mostMs }: WaitRule, failures: number): number =>
  failures <= free ? 0 : Math.min(mostMs, firstMs * 2 ** Math.min(30, failures - free - 1));

/**
 * Counts an attempt as a failed one before anybody looks whether it is right, so that a thousand at the same moment
 * are no way around. `forgive` takes it back.
 * @throws WaitError for one that comes too early; it is not counted
 */
export async function countAttempt(parts: EngineParts, tx: Tx, counted: readonly Counted[]): Promise<void> {
  const now = parts.clock.now();
  const keys = counted.map(({ key }) => key);
  const rows = await tx.selectFrom('signin_waits').selectAll().where('key', 'in', keys).execute();
  const latest = Math.max(0, ...rows.map(({ until }) => until));
  if (latest > now) throw new WaitError(latest - now);
  for (const { key, rule, told } of counted) {
    const known = rows.find((row) => row.key === key);
    const before = known === undefined || now - known.last_at > rule.forgetMs ? 0 : known.failures;
    const row = { failures: before + 1, until: now + waitAfter(rule, before + 1), last_at: now };
    if (known === undefined) await makeRoom(tx, now - rule.forgetMs);
    await tx
      .insertInto('signin_waits')
      .values({ key, ...row })
      .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
      .execute();
    if (row.failures === rule.free + 1) await tellBurst(parts, tx, told);
  }
}

/** Once for all the attempts that follow each other. */
const tellBurst = (parts: EngineParts, tx: Tx, told: string): Promise<void> =>
  recordAudit(parts, tx, {
    chain: 'system',
    actor: 'rule:sign-in',
    action: 'signin.slowed',
    object: told,
    detail: { why: 'too many attempts failed' },
  });

async function makeRoom(tx: Tx, before: number): Promise<void> {
  await tx.deleteFrom('signin_waits').where('last_at', '<', before).execute();
  const { n } = await tx
    .selectFrom('signin_waits')
    .select((e) => e.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  if (Number(n) < WAITS_MAX) return;
  const oldest = tx
    .selectFrom('signin_waits')
    .select('key')
    .orderBy('last_at')
    .limit(WAITS_MAX / 10);
  await tx.deleteFrom('signin_waits').where('key', 'in', oldest).execute();
}

/** The attempt was right: it does not count, and what failed by the same keys before is forgotten where `whole`. */
export async function forgive(tx: Tx, counted: readonly (Counted & { whole?: true })[]): Promise<void> {
  for (const { key, whole } of counted) {
    if (whole) await tx.deleteFrom('signin_waits').where('key', '=', key).execute();
    else {
      await tx
        .updateTable('signin_waits')
        .set(({ eb }) => ({ failures: eb('failures', '-', 1), until: 0 }))
        .where('key', '=', key)
        .execute();
    }
  }
}
