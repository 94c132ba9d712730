import type { TrafficPoint } from '../../engine/traffic/series';
import type { ReleaseTraffic, TrafficShown } from '../../engine/traffic/show';

/** One line of a chart: a path in a field of 1000 by 100, drawn from the lower left corner. */
interface Line {
  name: string;
  path: string;
}

interface Chart {
  title: string;
  /** Upper end of its scale, the same for stable and gray. */
  top: string;
  lines: Line[];
  /** Whether its lines must be told apart. */
  keys: boolean;
  /** What it shows, in words. */
  words: string;
}

interface Metric {
  title: string;
  unit: string;
  lines: { name: string; of: (point: TrafficPoint) => number | null }[];
}

const METRICS: readonly Metric[] = [
  { title: 'Requests', unit: '/s', lines: [{ name: 'requests', of: (p) => p.perSecond }] },
  { title: 'Errors', unit: ' %', lines: [{ name: 'errors', of: errorPercent }] },
  {
    title: 'Response time',
    unit: ' ms',
    lines: [
      { name: 'p50', of: (p) => p.p50 },
      { name: 'p95', of: (p) => p.p95 },
      { name: 'p99', of: (p) => p.p99 },
    ],
  },
];

/** What the page of a run shows of stable and gray, side by side; null for a run that was never gray. */
export function chartsOf(traffic: TrafficShown | undefined) {
  if (traffic === undefined) return null;
  const { from, to, open, releases } = traffic;
  const asked = releases.some((r) => r.total.requests > 0);
  const tops = METRICS.map((metric) => topOf(metric, releases));
  return {
    open,
    asked,
    from,
    to,
    columns: releases.map((release) => ({
      role: release.role,
      release: release.release,
      total: numbersOf(release.total),
      charts: METRICS.map((metric, i) => chartOf(metric, release, { from: from ?? 0, to: to ?? 1, top: tops[i] ?? 1 })),
    })),
    rows: rowsOf(releases),
  };
}

function errorPercent({ requests, errors }: TrafficPoint): number {
  return requests === 0 ? 0 : Math.round((errors / requests) * 1_000) / 10;
}

interface Scale {
  from: number;
  to: number;
  top: number;
}

function chartOf(metric: Metric, { role, release, points, total }: ReleaseTraffic, scale: Scale): Chart {
  const values = metric.lines.map(({ name, of }) => `${name} ${textOf(of(total), metric.unit)}`).join(', ');
  return {
    title: metric.title,
    top: `${scale.top}${metric.unit}`,
    words: `${metric.title} of release ${release} (${role}) over the whole time: ${values}`,
    lines: metric.lines.map(({ name, of }) => ({ name, path: pathOf(points, of, scale) })),
    keys: metric.lines.length > 1,
  };
}

/** Breaks where there is nothing to show; a lonely point is a line of no length, which a round cap makes a dot. */
function pathOf(points: readonly TrafficPoint[], of: (p: TrafficPoint) => number | null, scale: Scale): string {
  const width = Math.max(1, scale.to - scale.from);
  let path = '';
  let drawing = false;
  for (const point of points) {
    const value = of(point);
    if (value !== null) {
      const x = Math.round(((point.at - scale.from) / width) * 1000);
      const y = Math.round((1 - Math.min(1, value / scale.top)) * 960 + 20) / 10;
      path += drawing ? `L${x} ${y}` : `M${x} ${y}h0`;
    }
    drawing = value !== null;
  }
  return path;
}

/** A round number: at least 1, and not below any value. */
function topOf(metric: Metric, releases: readonly ReleaseTraffic[]): number {
  const values = releases.flatMap(({ points }) => points.flatMap((p) => metric.lines.map(({ of }) => of(p) ?? 0)));
  const most = Math.max(1, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((top) => top >= most) ?? most;
}

const textOf = (value: number | null, unit: string): string =>
  value === null ? 'none' : `${value < 10 ? value : Math.round(value)}${unit}`;

const numbersOf = (point: TrafficPoint) => ({
  requests: String(point.requests),
  perSecond: String(point.perSecond),
  errors: String(point.errors),
  errorPercent: textOf(errorPercent(point), ' %'),
  p50: textOf(point.p50, ' ms'),
  p95: textOf(point.p95, ' ms'),
  p99: textOf(point.p99, ' ms'),
});

/** The same as a table: a row for each moment at which one of them was measured. */
function rowsOf(releases: readonly ReleaseTraffic[]) {
  const moments = [...new Set(releases.flatMap(({ points }) => points.map((p) => p.at)))].sort((a, b) => a - b);
  return moments.map((at) => ({
    at,
    cells: releases.map(({ points }) => {
      const point = points.find((p) => p.at === at);
      return point === undefined ? null : numbersOf(point);
    }),
  }));
}
