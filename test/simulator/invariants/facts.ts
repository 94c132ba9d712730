import type { Lane } from '../../../engine/ports/gateway';
import type { ReleaseRecord } from '../../../engine/releases/record';
import type { Traffic } from '../../../engine/rollout/traffic';
import type { AuditRow, EnvironmentRow, Picture } from './picture';
import type { Change, Row } from './recorder';

/** Many invariants look at the same rows, which never change: what is read of one is read once. */
function once<Of extends object, Read>(read: (of: Of) => Read): (of: Of) => Read {
  const known = new WeakMap<Of, Read>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before;
    const now = read(of);
    known.set(of, now);
    return now;
  };
}

export const trafficOf = once((row: Pick<EnvironmentRow, 'traffic'>) => JSON.parse(row.traffic) as Traffic);
export const recordOf = once((row: Row<'releases'>) => JSON.parse(row.record) as ReleaseRecord);
export const detailOf = once((entry: AuditRow) => JSON.parse(entry.detail) as Record<string, unknown>);

/** The release in a lane; null when there is none. */
export const releaseIn = (traffic: Traffic, lane: Lane | null): string | null =>
  lane === null ? null : traffic.lanes[lane];

/** A change of who serves a host, and who made it. */
export interface Switch {
  environment: EnvironmentRow;
  before: Traffic;
  after: Traffic;
  /** The step that it was made for; undefined when a rule did it. */
  step: Row<'steps'> | undefined;
  run: Row<'runs'> | undefined;
}

const switches = new WeakMap<readonly Change[], Switch[]>();

/** Every switch of the last command, in order. */
export function switchesOf(p: Picture): readonly Switch[] {
  const known = switches.get(p.changes) ?? readSwitches(p);
  switches.set(p.changes, known);
  return known;
}

function readSwitches(p: Picture): Switch[] {
  const told = p.audit.filter(({ action }) => action === 'traffic.change');
  return p.changesOf('environments').flatMap(({ was, is }) => {
    if (was === undefined || is === undefined || was.traffic === is.traffic) return [];
    return [{ environment: is, before: trafficOf(was), after: trafficOf(is), ...moverOf(p, is, told) }];
  });
}

function moverOf(p: Picture, row: EnvironmentRow, told: readonly AuditRow[]): Pick<Switch, 'step' | 'run'> {
  const object = `${p.rows('apps').get(row.app_id)?.name}/${row.name}`;
  const after = words(trafficOf(row));
  const entry = told.find((one) => one.object === object && words(detailOf(one).after as Traffic) === after);
  const [, number, name] = /#(\d+)\/(.+)$/.exec(entry === undefined ? '' : String(detailOf(entry).for)) ?? [];
  const run = [...p.rows('runs').values()].find((r) => r.app_id === row.app_id && r.number === Number(number));
  const step = run === undefined ? undefined : p.stepsOf(run.id).find((one) => one.name === name);
  return { run, step };
}

/** Roles, lanes and share: enough to tell one switch of a command from another. */
const words = ({ lanes, stable, gray, warm, share }: Traffic): string =>
  [lanes.a, lanes.b, lanes.c, stable, gray, warm, share].join();

/** How the audit log names a run: `shop#12`. */
export const runName = (p: Picture, run: Row<'runs'>): string =>
  `${p.rows('apps').get(run.app_id)?.name}#${run.number}`;

/** How the audit log names a step: `shop#12/test/deliver`. */
export function stepName(p: Picture, step: Row<'steps'>): string {
  const run = p.rows('runs').get(step.run_id);
  return `${run === undefined ? '' : runName(p, run)}/${step.name}`;
}
