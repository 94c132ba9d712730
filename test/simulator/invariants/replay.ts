import type { Invariant } from '../simulation';
import { detailOf, runName } from './facts';
import type { AuditRow, Picture } from './picture';
import type { Row } from './recorder';
import { firstOf, remembering } from './support';

/** What the audit log has told: the last state of each thing that it names. */
interface Told {
  states: Map<string, string>;
}

/** D4 is read as: whoever has only the audit log knows the state of each run and step, and the traffic. */
const replay: Invariant = remembering(
  'D4',
  'replaying the audit log gives the states that the tables have',
  (): Told => ({ states: new Map() }),
  (p, { states }) => {
    for (const entry of p.audit) for (const [thing, state] of statesTold(entry)) states.set(thing, state);
    return firstOf(p.changes, ({ table, is }) => {
      if (is === undefined) return undefined;
      const found = stateOf(p, table, is as unknown as Record<string, unknown>);
      if (found === undefined) return undefined;
      const [thing, state, first] = found;
      const told = states.get(thing) ?? first;
      return told === state ? undefined : `${thing} is ${state}; by the audit log it is ${told ?? 'not there'}`;
    });
  },
);

interface RunDetail {
  run: { state: string };
  steps: { name: string; state: string }[];
  append: string[];
}

function* statesTold(entry: AuditRow): Generator<[string, string]> {
  const { action, object } = entry;
  const parsed = detailOf(entry);
  if (action === 'traffic.change') yield [`traffic of ${object}`, JSON.stringify(parsed.after)];
  if (!action.startsWith('run.') || !isRunDetail(parsed)) return;
  const run = object.split('/')[0] ?? '';
  yield [`run ${run}`, parsed.run.state];
  for (const { name, state } of parsed.steps) yield [`step ${run}/${name}`, state];
}

const isRunDetail = (detail: Record<string, unknown>): detail is Record<string, unknown> & RunDetail =>
  Array.isArray(detail.steps) && Array.isArray(detail.append);

/** The thing that a row is, its state now, and the one that it may have before anything was told of it. */
function stateOf(
  p: Picture,
  table: string,
  row: Record<string, unknown>,
): [string, string, (string | undefined)?] | undefined {
  if (table === 'runs') {
    const run = p.rows('runs').get(String(row.id)) as Row<'runs'>;
    return [`run ${runName(p, run)}`, run.state, 'queued'];
  }
  if (table === 'steps') {
    const step = p.rows('steps').get(String(row.id)) as Row<'steps'>;
    const run = p.rows('runs').get(step.run_id);
    const begins = step.state === 'ready' || step.state === 'pending' ? step.state : undefined;
    return run === undefined ? undefined : [`step ${runName(p, run)}/${step.name}`, step.state, begins];
  }
  if (table === 'environments') {
    const environment = p.rows('environments').get(String(row.id)) as Row<'environments'>;
    const app = p.rows('apps').get(environment.app_id)?.name;
    const { name, traffic, version } = environment;
    return [`traffic of ${app}/${name}`, traffic, version === 0 ? traffic : undefined];
  }
  return undefined;
}

/** D4 for those who follow live: they resume from a number, so that a gap or a repetition would be a lie. */
const numbered: Invariant = remembering(
  'D4b',
  'the events of a run are numbered from 1 without gaps, in the order of their commits, and tell its state',
  () => ({ numbers: new Map<string, number>(), states: new Map<string, string>() }),
  (p, { numbers, states }) => {
    const gap = firstOf(p.events, ({ run_id, seq, type, data }) => {
      if (run_id === null) return undefined;
      const expected = (numbers.get(run_id) ?? 0) + 1;
      numbers.set(run_id, seq);
      if (seq !== expected) return `event ${seq} of run ${run_id} follows ${expected - 1}`;
      if (type === 'run') states.set(run_id, (JSON.parse(data) as { state: string }).state);
      return undefined;
    });
    const state = firstOf(p.changesOf('runs'), ({ is }) => {
      if (is === undefined) return undefined;
      const told = states.get(is.id);
      const now = p.rows('runs').get(is.id)?.state;
      return told === now ? undefined : `run ${is.number} is ${now}; its events say ${told}`;
    });
    return gap ?? state;
  },
);

export const replays: readonly Invariant[] = [replay, numbered];
