import { DEFAULT_POOL } from '../../pipelines/names';
import { type ApprovalShown, approvalsOf } from '../approvals/show';
import { seeRunners } from '../control/runners';
import { restBehind, restOf } from '../freezes/rest';
import { isFinalRun, type RunState } from '../model/states';
import { type Untold, untoldOf, untoldSentence } from '../outbox/untold';
import type { EngineParts } from '../parts';
import { databaseNow } from '../store/store';
import type { RunRow, StepRow } from './apply';
import { type FailureShown, failureOf } from './failure';
import { findRun } from './find';
import { lineOf } from './line';
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
  const untold = await untoldOf(parts.store.read, app.name, row);
  const failure = await failureOf(parts, found);
  return { app: app.name, number, state: row.state, ...withUntold(why, app.name, untold), failure };
}

/** Whatever it waits for, and how it ended: it does not wait for those who are told. */
function withUntold({ waits, sentences, commands }: Why, app: string, untold: readonly Untold[]): Why {
  const looks = untold.map(({ to }) =>
    'channel' in to ? `gantry channel show ${to.channel}` : `gantry app show ${app}`,
  );
  return {
    waits,
    sentences: [...sentences, ...untold.map(untoldSentence)],
    commands: [...commands, ...new Set(looks)],
  };
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
    line: null,
    wanted: ANY_RUNNER,
    runners: { alive: 0, places: 0, taken: 0, takenSince: null, lastSeen: null },
    inFront: 0,
  };
  if (isFinalRun(run.state)) return facts;
  if (facts.gate !== null) return { ...facts, rest: await restAtGate(parts, steps, facts.gate.step) };
  const running = steps.find((s) => s.state === 'running');
  if (running !== undefined) {
    const watch = running.kind === 'observe' ? await watchOf(parts, running) : null;
    return { ...facts, watch, running: { step: running.name, since: running.started_at ?? facts.now } };
  }
  const ready = steps.find((s) => s.state === 'ready');
  if (ready === undefined) return facts;
  return {
    ...facts,
    rest: await restOf(parts.store.read, ready.id),
    ready: {
      step: ready.name,
      since: ready.ready_at ?? facts.now,
      attempt: ready.attempt,
      notBefore: ready.not_before,
      reason: ready.reason,
    },
    line: await lineIn(parts, { ...run, app }, ready),
    ...(await runnersFor(parts, ready)),
    inFront: await countInFront(parts, run, ready),
  };
}

function gateOf(approvals: readonly ApprovalShown[]): WhyFacts['gate'] {
  const gate = approvals.find((a) => a.state === 'requested');
  if (gate === undefined) return null;
  const yes = gate.votes.filter(({ vote }) => vote === 'yes').map(({ user }) => user);
  const { step, role, count, expiresAt, why } = gate;
  return { step, role, count, expiresAt, yes, ...(why === '' ? {} : { askedAgain: why }) };
}

async function restAtGate({ store }: EngineParts, steps: readonly StepRow[], gate: string) {
  const step = steps.find(({ name }) => name === gate);
  return step && (await restBehind(store.read, step));
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

/** The line that it stands in, and what the run is doing that is in the place, or comes first. */
async function lineIn(parts: EngineParts, run: RunRow & { app: string }, ready: StepRow): Promise<WhyFacts['line']> {
  const line = await lineOf(parts, run, ready);
  if (line === null) return null;
  const { holder, ...inLine } = line;
  const number = holder ?? inLine.behind;
  const at = await parts.store.read
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .select(['steps.name', 'steps.state'])
    .where('runs.app_id', '=', run.app_id)
    .where('runs.number', '=', number)
    .where('steps.state', 'in', ['running', 'waiting', 'ready'])
    .orderBy('steps.position')
    .executeTakeFirst();
  return { ...inLine, first: { number, step: at?.name ?? null, state: at?.state ?? '' } };
}

const ANY_RUNNER: WhyFacts['wanted'] = { runner: 'runner', command: 'gantry up' };

/** Those that can take the step, and what is special about them. */
async function runnersFor(parts: EngineParts, { pool, kind }: StepRow): Promise<Pick<WhyFacts, 'runners' | 'wanted'>> {
  const { owners, ...seen } = await seeRunners(parts, { pool, kind });
  const wanted =
    pool === DEFAULT_POOL ? ANY_RUNNER : { runner: `runner of pool ${pool}`, command: `gantry runner --pool ${pool}` };
  return { runners: { ...seen, ...(await takenPlaces(parts, owners)) }, wanted };
}

async function takenPlaces(
  parts: EngineParts,
  owners: readonly string[],
): Promise<{ taken: number; takenSince: number | null }> {
  if (owners.length === 0) return { taken: 0, takenSince: null };
  const row = await parts.store.read
    .selectFrom('steps')
    .select((e) => [e.fn.countAll<number>().as('taken'), e.fn.max('started_at').as('since')])
    .where('state', '=', 'running')
    .where('owner', 'in', owners)
    .executeTakeFirstOrThrow();
  return { taken: Number(row.taken), takenSince: row.since };
}

/** By the order in which runners take: higher priority; of the app's own, older run, earlier step. */
async function countInFront(parts: EngineParts, run: RunRow, step: StepRow): Promise<number> {
  const row = await parts.store.read
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('steps.state', '=', 'ready')
    .where('steps.not_before', '<=', databaseNow)
    .where('steps.id', '!=', step.id)
    .where('steps.pool', '=', step.pool)
    .where((e) =>
      e.or([
        e('runs.priority', '>', run.priority),
        e.and([
          e('runs.priority', '=', run.priority),
          e('runs.app_id', '=', run.app_id),
          e('runs.created_at', '<', run.created_at),
        ]),
        e.and([e('runs.id', '=', run.id), e('steps.position', '<', step.position)]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(row.n);
}
