import { PARTS } from '../approvals/part';
import { peopleInChange } from '../approvals/people';
import { GantryError } from '../model/errors';
import type { RunId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import { findRelease } from '../releases/find';
import { planOfRun } from '../runs/recent-plans';
import type { Tx } from '../store/store';
import { solo } from '../users/roles';
import { findGray, type GrayFound } from './find';

/** The largest share that the plan of a release's run names: what people were asked about; 0 when it names none. */
async function plannedShare(parts: EngineParts, run: RunId): Promise<number> {
  const plan = await planOfRun(parts, run);
  return Math.max(0, ...(plan?.stages ?? []).map(({ gray }) => gray?.share ?? 0));
}

/**
 * The run of the gray release whose plan names less than this share; null when it names as much, or as much meet gray
 * already: to go back is free.
 * @param share in 1/10,000
 */
export async function runBelow(
  parts: EngineParts,
  { production, releaseId }: GrayFound,
  share: number,
): Promise<RunId | null> {
  if (share <= production.traffic.share) return null;
  const run = (await findRelease(parts, releaseId)).runId as RunId;
  return share > (await plannedShare(parts, run)) ? run : null;
}

/**
 * Would this share let in more visitors than what people have agreed to? Then it is decided as at a gate.
 * @param share in 1/10,000
 * @throws GantryError `app-unknown`, `no-gray`, `no-stable`.
 */
export async function isBeyondPlan(parts: EngineParts, app: string, share: number): Promise<boolean> {
  return (await runBelow(parts, await findGray(parts, app), share)) !== null;
}

/**
 * Beyond the plan's share nobody decides who took part in what is gray; unless there is one person only.
 * @throws GantryError `gray-own`
 */
export async function demandNoPart(tx: Tx, run: RunId, actor: Actor): Promise<void> {
  if (!actor.startsWith('user:') || (await solo(tx))) return;
  const name = actor.slice('user:'.length);
  const user = await tx.selectFrom('users').select('id').where('name', '=', name).executeTakeFirst();
  const part = user === undefined ? undefined : (await peopleInChange(tx, run)).get(user.id);
  if (part === undefined) return;
  const message = `${name} ${PARTS[part]}, and so does not let more visitors into gray than its plan does`;
  throw new GantryError('forbidden', 'gray-own', message, 'ask somebody else, or let the run go on through its gates');
}
