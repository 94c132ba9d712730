/** What templates may call. All give text, which the template escapes. */
export const helpers = {
  /** The first 8 characters of a hash; the page puts the whole one into the title. */
  short: (hash: string): string => hash.slice(0, 8),
  iso: (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString()),
  /** `2026-11-30 07:44 UTC` */
  utc: (ms: number | null): string =>
    ms === null ? '' : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  /** `07:44:05`, UTC. */
  clock: (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString().slice(11, 19)),
  ago: (ms: number | null, now: number): string => (ms === null ? '' : ago(now - ms)),
  /** How long it took, or has taken so far. */
  took: (from: number | null, to: number | null, now: number): string =>
    from === null ? '' : duration((to ?? now) - from),
  percent: (share: number): string => `${share / 100} %`,
  branch: (ref: string): string => ref.replace(/^refs\/(heads|tags)\//, ''),
  person: (actor: string): string => actor.replace(/^user:/, ''),
  encode: (text: string): string => encodeURIComponent(text),
  eq: (a: unknown, b: unknown): boolean => a === b,
};

/** `just now`, `12 s ago`, `3 min ago`, `5 h ago`, `2 days ago`. */
export function ago(ms: number): string {
  const s = Math.floor(ms / 1000);
  if (s < 5) return 'just now';
  if (s < 60) return `${s} s ago`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ago`;
  const days = Math.floor(s / 86_400);
  return `${days} ${days === 1 ? 'day' : 'days'} ago`;
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
}
