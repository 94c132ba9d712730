/** What a timeline needs of a step. Times are in ms. */
export interface TimedStep {
  kind: string;
  startedAt: number | null;
  endedAt: number | null;
}

/** Where a step lies on the timeline, in thousandths of its width; null for one that has not begun. */
export type Bar = { x: number; width: number } | null;

/** A pause is never wider than this part of all work: a gate that was open overnight would leave no room for steps. */
const PAUSE_MAX = 0.08;
const WIDTH = 1000;
/** So that a step of a few milliseconds can be seen. */
const BAR_MIN = 6;

/** How much longer a timeline gets that has become too short. */
const GROWTH = 1.5;

/**
 * Places steps by the time at which they worked. Time in which only people were waited for is cut short. The timeline of
 * a run that goes on (`open`) has room at its end and grows by leaps, so that bars keep their places in between.
 */
export function placeBars(steps: readonly TimedStep[], now: number, open: boolean): Bar[] {
  const spans = steps.map((s) => (s.startedAt === null ? null : { from: s.startedAt, to: s.endedAt ?? now }));
  const work = merge(spans.filter((span, i) => span !== null && steps[i]?.kind !== 'approve') as Span[]);
  const scale = scaleOf(work, open);
  return spans.map((span) => {
    if (span === null) return null;
    const x = Math.min(scale(span.from), WIDTH - BAR_MIN);
    return { x: Math.round(x), width: Math.round(Math.max(BAR_MIN, Math.min(WIDTH, scale(span.to)) - x)) };
  });
}

interface Span {
  from: number;
  to: number;
}

/** Spans that overlap or touch become one. */
function merge(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else merged.push({ ...span });
  }
  return merged;
}

/** From a time to its place: work keeps its length, pauses are cut. */
function scaleOf(work: readonly Span[], open: boolean): (at: number) => number {
  const all = work.reduce((sum, { from, to }) => sum + to - from, 0);
  const pauseMax = Math.max(1, all * PAUSE_MAX);
  const length = (at: number): number => {
    let passed = 0;
    let end = work[0]?.from ?? at;
    for (const { from, to } of work) {
      if (at <= end) return passed;
      passed += Math.min(pauseMax, Math.min(at, from) - end);
      if (at <= from) return passed;
      passed += Math.min(at, to) - from;
      end = to;
    }
    return passed + Math.min(pauseMax, Math.max(0, at - end));
  };
  const worked = Math.max(1, length(work.at(-1)?.to ?? 0));
  const whole = open ? GROWTH ** Math.ceil(Math.log(worked) / Math.log(GROWTH)) : worked;
  return (at) => (length(at) / whole) * WIDTH;
}
