/** `0.4 s`, `12.1 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Short spans to the millisecond, since a switch takes few of them. */
export const exactDuration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : duration(ms));

/** When something was: for a person `3 min ago`, for a program the time itself (UTC). */
export function moment(at: number | null, now: number, forPerson: boolean): string {
  if (at === null) return '';
  if (!forPerson) return new Date(at).toISOString();
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** How long something took, or takes until now; empty when it has not begun. */
export function span(from: number | null, to: number | null, now: number): string {
  return from === null ? '' : duration((to ?? now) - from);
}
