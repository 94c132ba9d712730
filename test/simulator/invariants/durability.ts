import type { Invariant } from '../simulation';
import type { Row } from './recorder';
import { always, atRest, firstOf, remembering } from './support';

const FINAL_RUN: readonly string[] = ['succeeded', 'failed', 'cancelled', 'superseded', 'ignored'];
const FINAL_STEP: readonly string[] = ['succeeded', 'failed', 'cancelled', 'undone'];
const FINAL_APPROVAL: readonly string[] = ['rejected', 'voided', 'consumed'];

/** Anything in an answer that names a committed row. */
interface Promised {
  deliveryId?: string;
  id?: string;
}

/** D1. An answer of `done` names rows: those must be there. */
const answered: Invariant = always('D1', 'what was answered with a promise is committed', (p) =>
  firstOf(p.answered, ({ command, answer }) => {
    if (answer.kind !== 'done') return undefined;
    return firstOf(flat(answer.value), ({ deliveryId, id }) => {
      if (deliveryId !== undefined && !p.rows('deliveries').has(deliveryId)) {
        return `delivery ${deliveryId} was promised and is not there`;
      }
      const isHook = command.do === 'hook' && id !== undefined;
      return isHook && !p.rows('hook_deliveries').has(id) ? `hook ${id} was promised and is not there` : undefined;
    });
  }),
);

const flat = (value: unknown): Promised[] =>
  Array.isArray(value) ? value.flatMap(flat) : typeof value === 'object' && value !== null ? [value as Promised] : [];

const outcomes: Invariant = always('D2', 'each delivery has exactly one outcome, with a run or a reason', (p) => {
  const push = firstOf(p.changesOf('deliveries'), ({ was, is }) => {
    if (is === undefined) return undefined;
    if (was !== undefined) return `the outcome of delivery ${is.id} was changed`;
    const run = is.run_id === null ? undefined : p.rows('runs').get(is.run_id);
    if (is.outcome === 'ignored') {
      return is.run_id !== null || is.reason === '' ? `delivery ${is.id} is ignored without a reason` : undefined;
    }
    return run?.commit === is.after && run.app_id === is.app_id ? undefined : `delivery ${is.id} has no run of its own`;
  });
  const hook = firstOf(p.changesOf('hook_deliveries'), ({ is }) => {
    if (is === undefined || is.outcome === 'pending') return undefined;
    const hasOne = is.outcome === 'run' ? is.run_id !== null : is.reason !== '';
    return hasOne ? undefined : `hook ${is.delivery_id} ended as ${is.outcome}, and nothing says why`;
  });
  return push ?? hook;
});

/** The same push is a second delivery only when its ref stood at `before` once more. */
const once: Invariant = remembering(
  'D2b',
  'a push that is told again starts nothing again',
  () => ({
    seen: new Set<string>(),
    left: new Set<string>(),
    heads: new Map<string, string>(),
    runs: new Set<string>(),
    hooks: new Set<string>(),
  }),
  (p, { seen, left, heads, runs, hooks }) => {
    const push = firstOf(p.changesOf('deliveries'), ({ was, is }) => {
      if (was !== undefined || is === undefined) return undefined;
      const ref = `${is.app_id} ${is.ref}`;
      const move = `${ref} ${is.before} ${is.after}`;
      const isTwice = seen.has(move) && heads.get(ref) !== is.before;
      seen.add(move);
      left.add(`${ref} ${is.before}`);
      // One that comes after the push that went on from it moves nothing.
      const isOvertaken = !/^0+$/.test(is.after) && left.has(`${ref} ${is.after}`);
      if (heads.get(ref) === is.before || !isOvertaken) heads.set(ref, is.after);
      if (is.run_id !== null && runs.has(is.run_id)) return `run ${is.run_id} belongs to two deliveries`;
      if (is.run_id !== null) runs.add(is.run_id);
      return isTwice ? `the push of ${is.ref} to ${is.after} was taken for a new one` : undefined;
    });
    const hook = firstOf(p.changesOf('hook_deliveries'), ({ was, is }) => {
      if (was !== undefined || is === undefined) return undefined;
      const key = `${is.app_id} ${is.delivery_id}`;
      const isTwice = hooks.has(key);
      hooks.add(key);
      return isTwice ? `hook ${is.delivery_id} is stored twice` : undefined;
    });
    return push ?? hook;
  },
);

const superseded: Invariant = always('D2c', 'a superseded run says which other one took its place', (p) =>
  firstOf(p.changesOf('runs'), ({ is }) => {
    if (is === undefined || (is.ends_as !== 'superseded' && is.state !== 'superseded')) return undefined;
    const other = [...p.rows('runs').values()].find((r) => r.app_id === is.app_id && r.number === is.superseded_by);
    return other === undefined || other.id === is.id
      ? `run ${is.number} is superseded, and nothing says by what`
      : undefined;
  }),
);

/** A step that ended may still be taken back by its own run, as long as that one has not ended. */
const finals: Invariant = always('D3', 'final states never change', (p) => {
  const run = firstOf(p.changesOf('runs'), ({ was, is }) =>
    was !== undefined && is !== undefined && FINAL_RUN.includes(was.state) && is.state !== was.state
      ? `run ${is.number} was ${was.state} and is ${is.state}`
      : undefined,
  );
  const step = firstOf(p.changesOf('steps'), (change) => {
    const { was, is } = change;
    if (was === undefined || is === undefined || is.state === was.state || !FINAL_STEP.includes(was.state)) {
      return undefined;
    }
    // People are asked again at a gate that nothing has gone through.
    if (is.kind === 'approve' && was.state === 'succeeded' && is.state === 'waiting') return undefined;
    const isTakenBack = is.state === 'undone' && !FINAL_RUN.includes(p.atThatTime(change).run?.state ?? '');
    return isTakenBack ? undefined : `step ${is.name} was ${was.state} and is ${is.state}`;
  });
  const approval = firstOf(p.changesOf('approvals'), ({ was, is }) =>
    was !== undefined && is !== undefined && FINAL_APPROVAL.includes(was.state) && is.state !== was.state
      ? `an approval was ${was.state} and is ${is.state}`
      : undefined,
  );
  return run ?? step ?? approval;
});

/** D5 for runners, who need no hint: at rest no step lies about that one of them may take. */
const drained: Invariant = atRest('D5', 'at rest no step waits that a runner may take', (p) => {
  const holders = new Map(
    [...p.rows('runs').values()].filter((r) => r.holds_rollout === 1).map((r) => [r.app_id, r.id]),
  );
  return firstOf(p.rows('steps').values(), (step) => {
    if (step.state === 'running') return `step ${step.name} is still leased`;
    const run = p.rows('runs').get(step.run_id);
    if (step.state !== 'ready' || run === undefined) return undefined;
    const holder = holders.get(step.app_id);
    const isHeld = ['gray', 'production'].includes(step.role) && run.priority === 0 && (holder ?? run.id) !== run.id;
    return isHeld ? undefined : `step ${step.name} of run ${run.number} is ready, and nobody takes it`;
  });
});

/** A step behind another run of its app is not rung for until its turn comes. */
const hinted: Invariant = atRest('D5b', 'at rest the hints in the queue are those of the ready steps in SQL', (p) => {
  const hints = new Set(p.sim.world.rings.map(({ stepId }) => stepId));
  const open = [...p.rows('runs').values()].filter(({ state }) => !FINAL_RUN.includes(state));
  const isAlone = (step: Row<'steps'>) => open.every((run) => run.app_id !== step.app_id || run.id === step.run_id);
  const ready = [...p.rows('steps').values()].filter(({ state }) => state === 'ready');
  const missing = ready.find((step) => !hints.has(step.id) && isAlone(step));
  if (missing !== undefined) return `step ${missing.name} is ready, and the queue has no hint of it`;
  const stale = [...hints].find((id) => !ready.some((step) => step.id === id));
  return stale === undefined ? undefined : `the queue has a hint of step ${stale}, which is not ready`;
});

export const durability: readonly Invariant[] = [...[answered, outcomes, once, superseded, finals, drained, hinted]];
