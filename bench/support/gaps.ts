/** When a step began and ended, in ms by the runner's clock. */
export interface Span {
  startedAt: number;
  endedAt: number;
}

/**
 * From the end of a step to the start of the one that follows it in its place, for each step that had one before it.
 * With `places` steps at once, the n-th start fills the place that the (n - places)-th end left.
 */
export function gapsOf(spans: readonly Span[], places: number): number[] {
  const starts = spans.map((span) => span.startedAt).sort((a, b) => a - b);
  const ends = spans.map((span) => span.endedAt).sort((a, b) => a - b);
  return starts.slice(places).map((start, i) => Math.max(0, start - (ends[i] ?? start)));
}

/** From the first start to the last end, ms. @throws Error when there are none */
export function lengthOf(spans: readonly Span[]): number {
  if (spans.length === 0) throw new Error('the length of no steps was asked for');
  return Math.max(...spans.map((span) => span.endedAt)) - Math.min(...spans.map((span) => span.startedAt));
}
