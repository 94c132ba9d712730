/** One measured figure, and what it should reach. */
export interface Figure {
  /** Its key in the JSON line: `rollback_ms_p99`. */
  name: string;
  value: number;
  goal?: { atMost: number } | { atLeast: number };
}

/**
 * The value that `share` of all values do not exceed (nearest rank, so it is always a value that was measured).
 *
 * @throws Error when there are no values: a percentile of nothing must not look like a good figure
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('a percentile of no values was asked for');
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(sorted.length * share));
  return sorted[rank - 1] as number;
}

/** `p50 31.2  p90 40.1  p99 52.0  max 53.4` */
export function distribution(values: readonly number[]): string {
  const at = (share: number): string => percentile(values, share).toFixed(1);
  return `p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}  max ${at(1)}`;
}

/** Judged before it is rounded for printing. A figure that is no number has not reached anything. */
export function isReached({ value, goal }: Figure): boolean {
  if (!Number.isFinite(value)) return false;
  if (goal === undefined) return true;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

/** The table that people read. */
export function figureLines(figures: readonly Figure[]): string[] {
  const rows = figures.map((figure) => [
    figure.name,
    short(figure.value),
    goalText(figure.goal),
    figure.goal === undefined ? '' : isReached(figure) ? 'reached' : 'MISSED',
  ]);
  const all = [['figure', 'value', 'target', ''], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, i) => (i === 1 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** The one line that programs read. @throws Error when a figure is not a finite number */
export function figureDocument(bench: string, figures: readonly Figure[]): string {
  for (const { name, value } of figures) {
    if (!Number.isFinite(value)) throw new Error(`figure ${name} is ${value}: nothing was measured`);
  }
  return JSON.stringify({ bench, figures: Object.fromEntries(figures.map(({ name, value }) => [name, round(value)])) });
}

const round = (value: number): number => Math.round(value * 100) / 100;

const short = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));

function goalText(goal: Figure['goal']): string {
  if (goal === undefined) return '';
  return 'atMost' in goal ? `≤ ${short(goal.atMost)}` : `≥ ${short(goal.atLeast)}`;
}
