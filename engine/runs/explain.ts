import { type ApprovalShown, approvalsOf } from '../approvals/show';
import { seeRunners } from '../control/runners';
import { isFinalRun, type RunState } from '../model/states';
import type { EngineParts } from '../parts';
import { databaseNow } from '../store/store';
import type { RunRow, StepRow } from './apply';
import { type FailureShown, failureOf } from './failure';
import { findRun } from './find';
import { type Why, type WhyFacts, whyOf } from './why';

export interface WhyShown extends Why {
  app: string;
  number: number;
  state: RunState;
  failure: FailureShown | null;
}

/** What a run waits for, or how it ended and why. @throws GantryError `app-unknown`, `run-unknown`. */
export async function explainRun(parts: EngineParts, appName: string, number: number): Promise<WhyShown> {
  const found = await findRun(parts, appName, number);
  const { app, row, steps } = found;
  const why = whyOf(
    await readFacts(parts, { app: app.name, run: row, steps, approvals: await approvalsOf(parts, row.id) }),
  );
  return { app: app.name, number, state: row.state, ...why, failure: await failureOf(parts, found) };
}

export interface RunRead {
  app: string;
  run: RunRow;
  steps: readonly StepRow[];
  approvals: readonly ApprovalShown[];
}

/** Reads only what the run's state makes worth reading. */
export async function readFacts(parts: EngineParts, { app, run, steps, approvals }: RunRead): Promise<WhyFacts> {
  const facts: WhyFacts = {
    app,
    number: run.number,
    state: run.state,
    reason: run.reason,
    now: parts.clock.now(),
    gate: gateOf(approvals),
    running: null,
    watch: null,
    ready: null,
    holder: null,
    runners: { alive: 0, places: 0, taken: 0, takenSince: null, lastSeen: null },
    inFront: 0,
  };
  if (isFinalRun(run.state) || facts.gate !== null) return facts;
  const running = steps.find((s) => s.state === 'running');
  if (running !== undefined) {
    const watch = running.kind === 'observe' ? await watchOf(parts, running) : null;
    return { ...facts, watch, running: { step: running.name, since: running.started_at ?? facts.now } };
  }
  const ready = steps.find((s) => s.state === 'ready');
  if (ready === undefined) return facts;
  return {
    ...facts,
    ready: {
      step: ready.name,
      since: ready.ready_at ?? facts.now,
      attempt: ready.attempt,
      notBefore: ready.not_before,
      reason: ready.reason,
    },
    holder: ['gray', 'production'].includes(ready.role) && run.priority === 0 ? await holderOf(parts, run) : null,
    runners: { ...(await seeRunners(parts)), ...(await takenPlaces(parts)) },
    inFront: await countInFront(parts, run, ready),
  };
}

function gateOf(approvals: readonly ApprovalShown[]): WhyFacts['gate'] {
  const gate = approvals.find((a) => a.state === 'requested');
  if (gate === undefined) return null;
  const yes = gate.votes.filter(({ vote }) => vote === 'yes').map(({ user }) => user);
  return { step: gate.step, role: gate.role, count: gate.count, expiresAt: gate.expiresAt, yes };
}

/** The end of a log that holds what the watch said last. */
const LAST_WORDS_BYTES = 2_048;

async function watchOf(parts: EngineParts, step: StepRow): Promise<WhyFacts['watch']> {
  const spec = JSON.parse(step.spec) as { for: number };
  const size = await parts.logs.size(step.run_id, step.id);
  const from = Math.max(0, size - LAST_WORDS_BYTES);
  const end = (await parts.logs.read(step.run_id, step.id, from, LAST_WORDS_BYTES)).toString('utf8');
  const soFar = [...end.matchAll(/ so far: (.*)/g)].at(-1)?.[1] ?? '';
  return { step: step.name, until: (step.started_at ?? parts.clock.now()) + spec.for, soFar };
}

async function holderOf(parts: EngineParts, run: RunRow): Promise<WhyFacts['holder']> {
  const row = await parts.store.read
    .selectFrom('runs')
    .select(['id', 'number'])
    .where('app_id', '=', run.app_id)
    .where('id', '!=', run.id)
    .where('holds_rollout', '=', 1)
    .executeTakeFirst();
  if (row === undefined) return null;
  const at = await parts.store.read
    .selectFrom('steps')
    .select(['name', 'state'])
    .where('run_id', '=', row.id)
    .where('state', 'in', ['running', 'waiting', 'ready'])
    .orderBy('position')
    .executeTakeFirst();
  return { number: row.number, step: at?.name ?? null, state: at?.state ?? '' };
}

async function takenPlaces(parts: EngineParts): Promise<{ taken: number; takenSince: number | null }> {
  const row = await parts.store.read
    .selectFrom('steps')
    .select((e) => [e.fn.countAll<number>().as('taken'), e.fn.max('started_at').as('since')])
    .where('state', '=', 'running')
    .executeTakeFirstOrThrow();
  return { taken: Number(row.taken), takenSince: row.since };
}

/** By the order in which runners take: higher priority, older run, earlier step. */
async function countInFront(parts: EngineParts, run: RunRow, step: StepRow): Promise<number> {
  const row = await parts.store.read
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('steps.state', '=', 'ready')
    .where('steps.not_before', '<=', databaseNow)
    .where('steps.id', '!=', step.id)
    .where((e) =>
      e.or([
        e('runs.priority', '>', run.priority),
        e.and([e('runs.priority', '=', run.priority), e('runs.created_at', '<', run.created_at)]),
        e.and([e('runs.id', '=', run.id), e('steps.position', '<', step.position)]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(row.n);
}
