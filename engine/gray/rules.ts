import { GRAY_RULES_MAX } from '../../pipelines/limits';
import type { ValueRule } from '../../pipelines/types';
import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import type { GrayRule } from '../ports/gateway';
import { isSameRule, listsOf, ruleWords } from '../rollout/rules';
import type { Traffic } from '../rollout/traffic';
import type { Tx } from '../store/store';
import { keepUsers, userCounts, usersIn } from './users';

/** A rule as people see it. */
export type ShownRule = (ValueRule | { kind: 'users'; list: string; size: number }) & {
  /** `header X-Team = qa`, `3 users`. */
  text: string;
};

/** What a person wants the rules to be: those that are, or none, and these besides. */
export interface RuleChange {
  clear?: boolean | undefined;
  add?: readonly ValueRule[] | undefined;
  /** Users become one list together with those that rules let in already. */
  users?: readonly string[] | undefined;
}

export async function showRules(parts: EngineParts, rules: readonly GrayRule[]): Promise<ShownRule[]> {
  const sizes = await userCounts(parts, listsOf({ rules }));
  const sizeOf = (list: string) => sizes.get(list) ?? 0;
  return rules.map((rule) => {
    const text = ruleWords(rule, sizeOf);
    return 'list' in rule ? { ...rule, size: sizeOf(rule.list), text } : { ...rule, text };
  });
}

/**
 * The rules after a change, each once.
 * @throws GantryError `rules-count`, `no-identity`, `users-count`.
 */
export async function changedRules(
  parts: EngineParts,
  tx: Tx,
  traffic: Traffic,
  { clear = false, add = [], users = [] }: RuleChange,
): Promise<readonly GrayRule[]> {
  const kept = clear ? [] : traffic.rules;
  const list = users.length === 0 ? [] : [await withUsers(parts, tx, traffic, kept, users)];
  const rest = users.length === 0 ? kept : kept.filter((rule) => !('list' in rule));
  const rules = [...rest, ...add, ...list].filter(
    (rule, index, all) => all.findIndex((other) => isSameRule(other, rule)) === index,
  );
  if (rules.length <= GRAY_RULES_MAX) return rules;
  throw new GantryError(
    'invalid',
    'rules-count',
    `gray would have ${rules.length} rules, and at most ${GRAY_RULES_MAX} fit`,
    'begin anew with --clear-rules, or put users into one list',
  );
}

async function withUsers(
  parts: EngineParts,
  tx: Tx,
  { gray, settings }: Traffic,
  kept: readonly GrayRule[],
  users: readonly string[],
): Promise<GrayRule> {
  if (gray === null || settings[gray]?.identity == null) {
    throw new GantryError(
      'conflict',
      'no-identity',
      'the release that is gray does not say how users are known, so no user would ever be met',
      'add "identity" to the stage gray in gantry.yml, and push it',
    );
  }
  const lists = await Promise.all(listsOf({ rules: kept }).map((list) => usersIn(parts, list, tx)));
  const { id } = await keepUsers(parts, tx, [...lists.flatMap(({ names }) => names), ...users]);
  return { kind: 'users', list: id };
}
