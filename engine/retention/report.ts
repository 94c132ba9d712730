import { sha256 } from '../model/hash';

/** What retention removes, by name. */
export const REMOVABLE = {
  runs: 'runs that have ended, with steps, effects and approvals',
  releases: 'records of releases that nothing leads back to',
  events: 'what pages and command line follow',
  deliveries: 'accepted pushes and hooks',
  instances: 'records of instances that are gone',
  lists: 'lists of users of gray that nothing names',
  artifacts: 'bytes that no kept release is made of',
  logs: 'what steps wrote',
  images: 'images on the host that no kept release is made of',
  caches: 'caches of builds',
} as const;
export type Removable = keyof typeof REMOVABLE;

/** Things of one kind that went together, for one reason. */
export interface Removal {
  kind: Removable;
  why: string;
  /** Their names for people, and bytes that became free; 0 for rows. */
  items: readonly { name: string; bytes: number }[];
}

export interface Removed {
  count: number;
  bytes: number;
  /** sha256 over the names in the order in which they went, so that the audit says which. */
  digest: string;
}

/** What a pass did, or would do. */
export interface RetentionReport {
  removed: Partial<Record<Removable, Removed>>;
  /** The first of them, for people. */
  items: { kind: Removable; name: string; why: string; bytes: number }[];
  /** What is old enough and stays all the same, by reason. */
  stays: { kind: Removable; why: string; count: number }[];
  /** What could not be removed. */
  left: { kind: Removable; name: string; why: string }[];
}

/** Items that a report names; the others are only counted. */
const ITEMS_MAX = 200;

export const EMPTY_REPORT: RetentionReport = { removed: {}, items: [], stays: [], left: [] };

/** The report with these removals. Pure. */
export function withRemovals(report: RetentionReport, removals: readonly Removal[]): RetentionReport {
  const removed = { ...report.removed };
  const items = [...report.items];
  for (const { kind, why, items: gone } of removals) {
    if (gone.length === 0) continue;
    const before = removed[kind] ?? { count: 0, bytes: 0, digest: '' };
    removed[kind] = {
      count: before.count + gone.length,
      bytes: before.bytes + gone.reduce((sum, { bytes }) => sum + bytes, 0),
      digest: gone.reduce((digest, { name }) => sha256(`${digest}\n${name}`), before.digest),
    };
    for (const { name, bytes } of gone.slice(0, ITEMS_MAX - items.length)) items.push({ kind, name, why, bytes });
  }
  return { ...report, removed, items };
}

/** The report with one more thing of a kind that stays for this reason. Pure. */
export function withStay(report: RetentionReport, kind: Removable, why: string): RetentionReport {
  const known = report.stays.find((stay) => stay.kind === kind && stay.why === why);
  const others = report.stays.filter((stay) => stay !== known);
  return { ...report, stays: [...others, { kind, why, count: (known?.count ?? 0) + 1 }] };
}

export const isEmpty = ({ removed }: RetentionReport): boolean => Object.keys(removed).length === 0;

/** How many of each kind. */
export const countsOf = ({ removed }: RetentionReport): Record<string, number> =>
  Object.fromEntries(Object.entries(removed).map(([kind, { count }]) => [kind, count]));

/** Bytes that became free, or would. */
export const bytesOf = ({ removed }: RetentionReport): number =>
  Object.values(removed).reduce((sum, { bytes }) => sum + bytes, 0);
