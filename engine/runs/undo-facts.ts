import { sql } from 'kysely';
import { nearest } from '../../pipelines/nearest';
import type { StepKindName } from '../../pipelines/types';
import { listEnvironments } from '../environments/find';
import { GantryError } from '../model/errors';
import type { Json } from '../model/hash';
import { isFinalRun } from '../model/states';
import type { EngineParts } from '../parts';
import { listReleases } from '../releases/find';
import type { UndoFacts, UndoneStep, UndoWanted } from '../rollout/undo-picture';
import type { Reader } from '../store/store';
import type { RunRow, StepRow } from './apply';
import { findRun, type RunFound } from './find';

/** Releases that are looked at; an app that made more has long collected the oldest. */
const RELEASES_LOOKED_AT = 1_000;
/** Undo steps of the app that are asked how long they took. */
const TIMES_LOOKED_AT = 200;

/**
 * Reads what an undo is planned from, and refuses what cannot be planned at all.
 * @throws GantryError `run-unknown`, `run-open`, `undo-of-undo`, `step-unknown`, `going-back`.
 */
export async function undoFacts(
  parts: EngineParts,
  wanted: { app: string; run: number } & UndoWanted,
): Promise<{ found: RunFound; facts: UndoFacts }> {
  const found = await findRun(parts, wanted.app, wanted.run);
  demandFinal(found);
  const rows = found.steps.filter((s) => s.verb === 'run' || isSwitchBack(found.row, s));
  demandStep(found, rows, 'step' in wanted ? wanted.step : wanted.before);
  await demandQuiet(parts, found);
  const undone = await undoneSteps(parts, found.row.id);
  const times = await lastTimes(parts, found.app.id);
  const facts: UndoFacts = {
    app: found.app.name,
    run: found.row.number,
    release: found.row.release_id,
    steps: rows.map((row) => toStep(row, undone, times)),
    environments: await listEnvironments(parts, found.app.id),
    releases: new Map(
      (await listReleases(parts, found.app, RELEASES_LOOKED_AT)).map((r) => [
        r.id,
        { number: r.number, withdrawn: r.state === 'withdrawn', imageId: r.record.image.id },
      ]),
    ),
    holder: await holderOf(parts.store.read, found.app.id),
  };
  return { found, facts };
}

/** What a rollback did is the undo of a promotion, and can be taken back like one. */
const isSwitchBack = (run: RunRow, step: StepRow): boolean => run.trigger === 'rollback' && step.kind === 'promote';

const toStep = (row: StepRow, undone: ReadonlyMap<string, number>, times: ReadonlyMap<string, number>): UndoneStep => ({
  name: row.name,
  kind: row.kind as StepKindName,
  stage: row.stage,
  role: row.role,
  state: row.state,
  output: row.output === null ? null : (JSON.parse(row.output) as Json),
  undoneBy: undone.get(row.name) ?? null,
  lastMs: times.get(timeKey(row)) ?? null,
});

function demandFinal({ app, row }: RunFound): void {
  const name = `${app.name}#${row.number}`;
  if (row.trigger === 'undo') {
    throw new GantryError(
      'conflict',
      'undo-of-undo',
      `${name} is itself an undo`,
      `to go forward again: gantry rollback ${app.name}, or push a commit`,
    );
  }
  if (isFinalRun(row.state)) return;
  throw new GantryError(
    'conflict',
    'run-open',
    `${name} has not ended: it is ${row.state}`,
    `end it, and what it changed in gray and production is taken back: gantry run cancel ${app.name} ${row.number}`,
  );
}

function demandStep({ app, row }: RunFound, steps: readonly StepRow[], name: string): void {
  const names = steps.map((s) => s.name);
  if (names.includes(name)) return;
  const near = nearest(name, names);
  throw new GantryError(
    'not-found',
    'step-unknown',
    `${app.name}#${row.number} has no step "${name.slice(0, 80)}" that can be taken back`,
    near === null ? `see its steps: gantry run show ${app.name} ${row.number}` : `did you mean ${near}?`,
  );
}

/** Two that go back at once would each start from what the other one changes. */
async function demandQuiet(parts: EngineParts, { app }: RunFound): Promise<void> {
  const open = await parts.store.read
    .selectFrom('runs')
    .select(['number', 'state', 'trigger'])
    .where('app_id', '=', app.id)
    .where('state', 'in', ['queued', 'running', 'waiting', 'undoing'])
    .where((e) => e.or([e('trigger', 'in', ['rollback', 'undo']), e('state', '=', 'undoing')]))
    .executeTakeFirst();
  if (open === undefined) return;
  throw new GantryError(
    'conflict',
    'going-back',
    `run ${open.number} is taking something of ${app.name} back right now`,
    `wait for it: gantry run watch ${app.name} ${open.number}`,
  );
}

/** Steps of a run that other runs took back, each with the number of the run that did. */
export async function undoneSteps(parts: EngineParts, runId: string): Promise<Map<string, number>> {
  const rows = await parts.store.read
    .selectFrom('runs')
    .innerJoin('steps', 'steps.run_id', 'runs.id')
    .select(['runs.number', 'steps.undoes'])
    .where('runs.undoes_run', '=', runId as never)
    .where('steps.verb', '=', 'undo')
    .where('steps.state', '=', 'succeeded')
    .execute();
  return new Map(rows.flatMap(({ number, undoes }) => (undoes === null ? [] : [[undoes, number] as const])));
}

const timeKey = (step: { kind: string; stage: string }): string => `${step.kind} ${step.stage}`;

/** How long the newest undo of each kind took in each stage, ms. */
async function lastTimes(parts: EngineParts, appId: string): Promise<Map<string, number>> {
  const rows = await parts.store.read
    .selectFrom('steps')
    .select(['kind', 'stage', 'started_at', 'ended_at'])
    .where('app_id', '=', appId as never)
    .where('verb', '=', 'undo')
    .where('state', '=', 'succeeded')
    .orderBy('ended_at', 'desc')
    .limit(TIMES_LOOKED_AT)
    .execute();
  // The newest is written last, and stays.
  return new Map(rows.reverse().map((row) => [timeKey(row), (row.ended_at ?? 0) - (row.started_at ?? 0)]));
}

/** Number of the run that holds gray and production of the app now. */
export async function holderOf(db: Reader, appId: string): Promise<number | null> {
  const row = await db
    .selectFrom('runs')
    .select('number')
    .where('app_id', '=', appId as never)
    .where('holds_rollout', '=', sql.lit(1))
    .executeTakeFirst();
  return row?.number ?? null;
}
