import { PARTS } from '../approvals/part';
import { peopleInChange } from '../approvals/people';
import { refusing } from '../approvals/refused';
import { GantryError } from '../model/errors';
import type { RunId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { GrayRule } from '../ports/gateway';
import { findRelease } from '../releases/find';
import { isSameRule, listsOf } from '../rollout/rules';
import { planOfRun } from '../runs/recent-plans';
import type { Tx } from '../store/store';
import { userNamed } from '../users/find';
import { solo } from '../users/roles';
import { findGray, type GrayFound } from './find';
import type { RuleChange } from './rules';
import { usersIn } from './users';

/** The largest share that the plan of a release's run names: what people were asked about; 0 when it names none. */
async function plannedShare(parts: EngineParts, run: RunId): Promise<number> {
  const plan = await planOfRun(parts, run);
  return Math.max(0, ...(plan?.stages ?? []).map(({ gray }) => gray?.share ?? 0));
}

/** Who is to meet gray: a share, and ways in besides those that are. */
export interface GrayWanted {
  /** In 1/10,000. */
  share: number;
  rules?: RuleChange;
}

/**
 * The run of the gray release whose plan lets in fewer than this; null when it lets in as many, or as many meet gray
 * already: to go back is free.
 */
export async function runBelow(parts: EngineParts, found: GrayFound, wanted: GrayWanted): Promise<RunId | null> {
  const { traffic } = found.production;
  const { runId, record } = await findRelease(parts, found.releaseId);
  const run = runId as RunId;
  if (wanted.share > traffic.share && wanted.share > (await plannedShare(parts, run))) return run;
  const planned = Object.values(record.stages).flatMap(({ gray }) => gray?.rules ?? []);
  return (await addsWay(parts, [...traffic.rules, ...planned], wanted.rules ?? {})) ? run : null;
}

/** Is one of the rules or users none of those that let in, or were planned to? */
async function addsWay(
  parts: EngineParts,
  agreed: readonly GrayRule[],
  { add = [], users = [] }: RuleChange,
): Promise<boolean> {
  if (add.some((rule) => !agreed.some((other) => isSameRule(rule, other)))) return true;
  if (users.length === 0) return false;
  const lists = await Promise.all(listsOf({ rules: agreed }).map((list) => usersIn(parts, list)));
  const known = new Set(lists.flatMap(({ names }) => names));
  return users.some((name) => !known.has(name));
}

/**
 * Would this let in more visitors than what people have agreed to? Then it is decided as at a gate.
 * @throws GantryError `app-unknown`, `no-gray`, `no-stable`.
 */
export async function isBeyondPlan(parts: EngineParts, app: string, wanted: GrayWanted): Promise<boolean> {
  return (await runBelow(parts, await findGray(parts, app), wanted)) !== null;
}

/** What is decided as at a gate is in the audit when it is refused, too. */
export function decidingGray<T>(parts: EngineParts, app: string, actor: Actor, act: () => Promise<T>): Promise<T> {
  const user = personIn(actor);
  return user === null ? act() : refusing(parts, { app, user, reason: '', action: GRAY_DEED }, act);
}

/** What is asked for, in the words of the audit. */
export const GRAY_DEED = 'gray.widen';

const personIn = (actor: Actor): string | null => (actor.startsWith('user:') ? actor.slice('user:'.length) : null);

/**
 * Beyond the plan nobody decides who took part in what is gray; unless there is one person only.
 * @throws GantryError `gray-own`
 */
export async function demandNoPart(tx: Tx, run: RunId, actor: Actor): Promise<void> {
  const name = personIn(actor);
  if (name === null || (await solo(tx))) return;
  const user = await userNamed(tx, name);
  const part = user === undefined ? undefined : (await peopleInChange(tx, run)).get(user);
  if (part === undefined) return;
  const message = `${name} ${PARTS[part]}, and so does not let more visitors into gray than its plan does`;
  throw new GantryError('forbidden', 'gray-own', message, 'ask somebody else, or let the run go on through its gates');
}
