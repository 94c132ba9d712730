import { assertNever } from './errors';
import { isFinalRun, isFinalStep, type RunState, type StepState } from './states';

/**
 * The one place that decides what a run becomes. Pure: (run, event) → what to write. It knows no SQL, clock or world.
 *
 * A run that cannot reach its goal does not simply stop: `undoing` appends undo steps, in reverse order, for what it
 * changed in gray or production, and ends as `failed` or `cancelled` when they are through.
 */
export interface RunView {
  state: RunState;
  /** Set while `undoing`: how the run ends when the undo steps are through. */
  endsAs: 'failed' | 'cancelled' | 'superseded' | null;
  reason: string;
  /** In order of position. */
  steps: readonly StepView[];
}

export interface StepView {
  name: string;
  kind: string;
  /** Role of its stage: `build`, `environment`, `gray`, `production`. */
  role: string;
  verb: 'run' | 'undo';
  /** The step that this one takes back; only for `undo`. */
  undoes: string | null;
  needs: readonly string[];
  state: StepState;
  /** How often it was taken; absent for one that is only planned. */
  epoch?: number;
}

export type RunEvent =
  | { type: 'planned'; step: string; steps: readonly StepView[] }
  | { type: 'ignored'; step: string; reason: string }
  | { type: 'taken'; step: string }
  | { type: 'succeeded'; step: string }
  | { type: 'failed'; step: string; reason: string }
  | { type: 'waits'; step: string; reason: string }
  /** What people had said at this gate counts no more; what it had let through waits for it again. */
  | { type: 'asked-again'; step: string; reason: string }
  /** The runner gave the step back; it may be tried again. */
  | { type: 'returned'; step: string; reason?: string }
  | { type: 'end-early'; as: 'cancelled' | 'superseded'; reason: string };

export interface Decision {
  run: { state: RunState; endsAs: RunView['endsAs']; reason: string };
  /** State changes of existing steps. */
  steps: { name: string; state: StepState; reason?: string }[];
  /** Steps to add at the end. */
  append: StepView[];
  /** Running steps that must stop as soon as they can. */
  abort: string[];
}

/** Raised for a move that the table does not know: a bug of the caller, named where it happens. */
export class IllegalMoveError extends Error {
  override readonly name = 'IllegalMoveError';
}

export function decide(run: RunView, event: RunEvent): Decision {
  if (isFinalRun(run.state)) throw new IllegalMoveError(`a run that is ${run.state} takes no ${event.type}`);
  switch (event.type) {
    case 'planned':
      // What a run that is being taken back has planned is not begun.
      return settle(run, { append: run.endsAs === null ? [...event.steps] : [], changes: succeed(run, event.step) });
    case 'ignored':
      if (run.endsAs !== null) return leadsNowhere(run, event.step);
      return {
        run: { state: 'ignored', endsAs: null, reason: event.reason },
        steps: run.steps.filter((s) => !isFinalStep(s.state)).map((s) => ({ name: s.name, state: 'succeeded' })),
        append: [],
        abort: [],
      };
    case 'taken':
      return settle(run, { changes: [move(run, event.step, ['ready', 'running'], 'running')] });
    case 'returned':
      return settle(run, {
        changes: [because(move(run, event.step, ['running'], afterReturn(run, event)), event.reason)],
      });
    case 'waits':
      if (run.endsAs !== null) return leadsNowhere(run, event.step);
      return settle(run, { changes: [{ ...move(run, event.step, ['running'], 'waiting'), reason: event.reason }] });
    case 'asked-again':
      // A run that is being taken back asks nobody: a gate that waits would never let it end.
      if (run.endsAs !== null) return settle(run, { changes: [] });
      return settle(run, { changes: shut(run, event.step, event.reason) });
    case 'succeeded':
      return settle(run, { changes: succeed(run, event.step) });
    case 'failed':
      return fail(run, event.step, event.reason);
    case 'end-early':
      return endEarly(run, event.as, event.reason);
    default:
      return assertNever(event);
  }
}

type Change = Decision['steps'][number];

/** A step was faster than the end of its run: what it leads to is not wanted any more, nothing is added, nobody asked. */
const leadsNowhere = (run: RunView, step: string): Decision =>
  settle(run, { changes: [move(run, step, ['running'], 'cancelled')] });

function move(run: RunView, name: string, from: readonly StepState[], to: StepState): Change {
  const step = find(run, name);
  if (!from.includes(step.state)) {
    throw new IllegalMoveError(`step ${name} is ${step.state}; only ${from.join(' or ')} can become ${to}`);
  }
  return { name, state: to };
}

/** In a run that is being taken back only undo steps begin again. */
const afterReturn = (run: RunView, { step }: { step: string }): StepState =>
  run.endsAs !== null && find(run, step).verb === 'run' ? 'cancelled' : 'ready';

const because = (change: Change, reason: string | undefined): Change =>
  reason === undefined ? change : { ...change, reason };

function find(run: RunView, name: string): StepView {
  const step = run.steps.find((s) => s.name === name);
  if (step === undefined) throw new IllegalMoveError(`the run has no step ${name}`);
  return step;
}

/** Nothing behind the gate has begun a change of the world: who has a step of it is refused from now on. */
function shut(run: RunView, gate: string, reason: string): Change[] {
  const behind = run.steps.filter(({ needs, state }) => needs.includes(gate) && ['ready', 'running'].includes(state));
  return [
    { ...move(run, gate, ['succeeded'], 'waiting'), reason },
    ...behind.map(({ name }) => ({ name, state: 'pending' as const })),
  ];
}

/** A finished undo also marks the step that it took back. */
function succeed(run: RunView, name: string): Change[] {
  const changes = [move(run, name, ['running', 'waiting'], 'succeeded')];
  const undone = find(run, name).undoes;
  if (undone !== null && run.steps.some((s) => s.name === undone)) changes.push({ name: undone, state: 'undone' });
  return changes;
}

function fail(run: RunView, name: string, reason: string): Decision {
  const step = find(run, name);
  const change = { ...move(run, name, ['running', 'waiting'], 'failed'), reason };
  if (step.verb === 'undo' && run.endsAs !== null) {
    // One undo that fails must not keep the others from being tried: the rest goes on, and the reason grows.
    const grown = [run.reason, `could not undo ${step.undoes ?? name}: ${reason}`].filter(Boolean).join('; ');
    return settle({ ...run, reason: grown }, { changes: [change] });
  }
  // An undo that people asked for stops at the first step that fails: the earlier ones stand beneath what is left.
  if (step.verb === 'undo') {
    return takeBack({ ...run, reason: `could not undo ${step.undoes ?? name}: ${reason}` }, 'failed', [change]);
  }
  // The run is being taken back already: this is a step that was told to stop, and its undo waits for it.
  if (run.endsAs !== null) return settle(run, { changes: [{ name, state: 'cancelled', reason }] });
  return takeBack({ ...run, reason: `${name}: ${reason}` }, 'failed', [change]);
}

function endEarly(run: RunView, as: 'cancelled' | 'superseded', reason: string): Decision {
  if (run.state === 'undoing') throw new IllegalMoveError('the run is already being taken back');
  return takeBack({ ...run, reason }, as, []);
}

/**
 * Cancels what has not begun, aborts what runs, and plans the undo of what must not stay. Undo steps that are there
 * already are what people asked for (no run is taken back twice), and end like any other.
 */
function takeBack(run: RunView, as: NonNullable<RunView['endsAs']>, changes: Change[]): Decision {
  const changed = apply(run.steps, changes);
  const stopped: Change[] = changed
    .filter((s) => ['pending', 'ready', 'waiting'].includes(s.state))
    .map((s) => ({ name: s.name, state: 'cancelled' }));
  const abort = changed.filter((s) => s.state === 'running').map((s) => s.name);
  const all = [...changes, ...stopped];
  return settle({ ...run, endsAs: as }, { changes: all, append: undoSteps(changed), abort });
}

/** Kinds that change what people meet; the others leave nothing behind that must not stay. */
const TAKEN_BACK = ['deliver', 'share', 'promote'];

/**
 * Undo steps for everything in gray and production that succeeded or may have begun, in reverse order.
 * A promoted release is not taken back by a later failure: the promotion was the goal, and going back is a decision
 * of people (`rollback`).
 */
export function undoSteps(steps: readonly StepView[]): StepView[] {
  if (steps.some((s) => s.kind === 'promote' && s.verb === 'run' && s.state === 'succeeded')) return [];
  const begun = steps.filter(
    (s) =>
      s.verb === 'run' &&
      TAKEN_BACK.includes(s.kind) &&
      (s.role === 'gray' || s.role === 'production') &&
      (['succeeded', 'running', 'failed'].includes(s.state) || wasGivenBack(s)),
  );
  const reversed = [...begun].reverse();
  return reversed.map((s, i) => ({
    name: `undo ${s.name}`,
    kind: s.kind,
    role: s.role,
    verb: 'undo',
    undoes: s.name,
    // A step that still runs must have ended before its undo begins; undo goes one at a time, last step first.
    needs: i === 0 ? (s.state === 'running' ? [s.name] : []) : [`undo ${reversed[i - 1]?.name ?? ''}`],
    state: 'pending',
  }));
}

/** It was begun, and is to be tried again: what it had decided by then stands. */
const wasGivenBack = ({ state, epoch = 0 }: StepView): boolean => state === 'ready' && epoch > 0;

/** Applies the changes, makes ready what may begin, and reads the run's state off its steps. */
function settle(run: RunView, what: { changes: Change[]; append?: StepView[]; abort?: string[] }): Decision {
  const append = what.append ?? [];
  const steps = [...apply(run.steps, what.changes), ...append];
  const ready = steps.filter((s) => s.state === 'pending' && mayBegin(s, steps)).map((s) => s.name);
  const appended = append.map((s) => (ready.includes(s.name) ? { ...s, state: 'ready' as const } : s));
  const own = new Set(run.steps.map((s) => s.name));
  const changes: Change[] = [
    ...what.changes,
    ...ready.filter((name) => own.has(name)).map((name) => ({ name, state: 'ready' as const })),
  ];
  const after = steps.map((s) => (ready.includes(s.name) ? { ...s, state: 'ready' as const } : s));
  return { run: readState(run, after), steps: changes, append: appended, abort: what.abort ?? [] };
}

function mayBegin(step: StepView, steps: readonly StepView[]): boolean {
  return step.needs.every((need) => {
    const before = steps.find((s) => s.name === need);
    if (before === undefined) return false;
    // An undo step only waits until the one before it has ended, however it ended.
    return step.verb === 'undo' ? isFinalStep(before.state) : before.state === 'succeeded';
  });
}

function apply(steps: readonly StepView[], changes: readonly Change[]): StepView[] {
  return steps.map((s) => {
    const change = changes.filter((c) => c.name === s.name).at(-1);
    return change === undefined ? s : { ...s, state: change.state };
  });
}

function readState(run: RunView, steps: readonly StepView[]): Decision['run'] {
  const open = steps.filter((s) => !isFinalStep(s.state));
  if (run.endsAs !== null) {
    const state = open.length > 0 ? 'undoing' : run.endsAs;
    return { state, endsAs: open.length > 0 ? run.endsAs : null, reason: run.reason };
  }
  if (open.length === 0) return { state: 'succeeded', endsAs: null, reason: '' };
  const begun = steps.some((s) => s.state === 'running' || isFinalStep(s.state));
  const active = open.some((s) => s.state === 'running' || s.state === 'ready');
  if (active) return { state: begun ? 'running' : 'queued', endsAs: null, reason: '' };
  return { state: 'waiting', endsAs: null, reason: '' };
}
