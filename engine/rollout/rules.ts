import type { ValueRule } from '../../pipelines/types';
import type { GrayRule } from '../ports/gateway';

/** Header by which whoever knows a release's own key meets it: the engine's own checks do. */
export const KEY_HEADER = 'X-Gray';
const GRAY_COOKIE = 'gray';

/** How rules were kept before there were any but these two. */
export interface FormerRules {
  header?: string | null;
  cookie?: string | null;
}

/** Rules of any age as they are written now. */
export function currentRules(kept: readonly GrayRule[] | FormerRules): GrayRule[] {
  if (isList(kept)) return [...kept];
  return [
    ...(kept.header == null ? [] : [valueRule('header', KEY_HEADER, kept.header)]),
    ...(kept.cookie == null ? [] : [valueRule('cookie', GRAY_COOKIE, kept.cookie)]),
  ];
}

const isList = (kept: readonly GrayRule[] | FormerRules): kept is readonly GrayRule[] => Array.isArray(kept);

const valueRule = (kind: ValueRule['kind'], name: string, value: string): ValueRule => ({
  kind,
  name,
  match: 'equals',
  value,
});

/** A rule for people: `header X-Team = qa`, `cookie beta = v2…`, `3 users`. */
export function ruleWords(rule: GrayRule, sizeOf: (list: string) => number): string {
  if (rule.kind === 'users') {
    const size = sizeOf(rule.list);
    return size === 1 ? 'one user' : `${size} users`;
  }
  return `${rule.kind} ${rule.name} = ${rule.value}${rule.match === 'startsWith' ? '…' : ''}`;
}

export const isSameRule = (a: GrayRule, b: GrayRule): boolean => {
  if ('list' in a || 'list' in b) return 'list' in a && 'list' in b && a.list === b.list;
  const isSameName = a.kind === 'header' ? a.name.toLowerCase() === b.name.toLowerCase() : a.name === b.name;
  return a.kind === b.kind && isSameName && a.match === b.match && a.value === b.value;
};

/** The lists of users that rules name. */
export const listsOf = ({ rules }: { rules: readonly GrayRule[] }): string[] =>
  rules.flatMap((rule) => (rule.kind === 'users' ? [rule.list] : []));
