import type { EngineParts } from '../parts';
import { ROLLOUT_ROLES } from '../steps/candidates';
import { ROLLOUT } from '../steps/turn';
import type { RunRow, StepRow } from './apply';

/** Where a run stands that waits for its turn at a place. */
export interface InLine {
  /** `gray`, `test`, `the build of main`. */
  place: string;
  /** 1: it is next. */
  position: number;
  /** Number of the run right before it: in line, or in the place. */
  behind: number;
  /** `3rd in line for gray of shop, behind #12` */
  words: string;
}

type Waiting = Pick<RunRow, 'id' | 'app_id' | 'number' | 'ref' | 'priority' | 'holds_rollout'> & { app: string };
type First = Pick<StepRow, 'place' | 'stage' | 'role' | 'turn' | 'epoch'>;

type Line = InLine & { holder: number | null };
/** The app's open runs at a place, the oldest first. */
type LookAt = (app: Waiting['app_id'], place: string) => Promise<Other[]>;

/** The runs before one that is ready for a place; null when there are none. */
export const lineOf = (parts: EngineParts, run: Waiting, step: First): Promise<Line | null> =>
  lineBy((app, place) => runsAt(parts, app, place), run, step);

/** Of several runs that have not ended, by their ids; one that waits for nobody is left out. */
export async function linesOf(parts: EngineParts, runs: readonly Waiting[]): Promise<Map<string, InLine>> {
  const seen = new Map<string, Promise<Other[]>>();
  const lookOnce: LookAt = (app, place) => {
    const key = `${app} ${place}`;
    const known = seen.get(key) ?? runsAt(parts, app, place);
    seen.set(key, known);
    return known;
  };
  const lines = new Map<string, InLine>();
  for (const run of runs) {
    const step = await firstReady(parts, run);
    const line = step === undefined ? null : await lineBy(lookOnce, run, step);
    if (line === null) continue;
    const { holder: _holder, ...inLine } = line;
    lines.set(run.id, inLine);
  }
  return lines;
}

const firstReady = (parts: EngineParts, run: Waiting) =>
  parts.store.read
    .selectFrom('steps')
    .select(['place', 'stage', 'role', 'turn', 'epoch'])
    .where('run_id', '=', run.id)
    .where('state', '=', 'ready')
    .orderBy('position')
    .executeTakeFirst();

async function lineBy(lookAt: LookAt, run: Waiting, step: First): Promise<Line | null> {
  const place = step.place ?? (ROLLOUT_ROLES.includes(step.role) ? ROLLOUT : null);
  if (place === null || run.priority > 0 || run.holds_rollout === 1 || step.epoch > 0) return null;
  const others = (await lookAt(run.app_id, place)).filter(({ id }) => id !== run.id);
  const holder = others.find(({ holds }) => holds)?.number ?? null;
  const waiting = others.filter((other) => !other.holds && goesFirst(other, run, step)).map(({ number }) => number);
  const behind = waiting.at(-1) ?? holder;
  if (behind === null) return null;
  const at = { place: nameOf(place, step.stage), position: waiting.length + 1, behind };
  return { ...at, words: wordsOf(run.app, at), holder };
}

interface Other {
  id: string;
  number: number;
  ref: string;
  /** It has the place. */
  holds: boolean;
  /** It is ready for it as well. */
  ready: boolean;
  /** It is in it, or will come. */
  comes: boolean;
}

/** By the order in which runners take (steps/candidates.ts). */
const goesFirst = (other: Other, run: Waiting, { turn }: First): boolean =>
  (other.ready && other.id < run.id) ||
  (turn === 'strict' && other.comes && other.ref === run.ref && other.number < run.number);

async function runsAt(parts: EngineParts, app: Waiting['app_id'], place: string): Promise<Other[]> {
  const rows = await parts.store.read
    .selectFrom('runs')
    .leftJoin('places', (on) =>
      on
        .onRef('places.app_id', '=', 'runs.app_id')
        .onRef('places.run_id', '=', 'runs.id')
        .on('places.place', '=', place),
    )
    .select(['runs.id', 'runs.number', 'runs.ref', 'runs.holds_rollout', 'runs.pipeline_hash', 'places.run_id as has'])
    .select((e) => [
      e
        .selectFrom('steps')
        .select((s) => s.fn.min('state').as('state'))
        .whereRef('steps.run_id', '=', 'runs.id')
        .where('steps.place', '=', place)
        .where('steps.state', 'in', ['pending', 'ready', 'running', 'waiting'])
        .as('open'),
      e
        .selectFrom('steps')
        .select('epoch')
        .whereRef('steps.run_id', '=', 'runs.id')
        .where('steps.place', '=', place)
        .where('steps.state', '=', 'ready')
        .where('steps.epoch', '=', 0)
        .limit(1)
        .as('ready'),
    ])
    .where('runs.app_id', '=', app)
    .where('runs.ended_at', 'is', null)
    .orderBy('runs.id')
    .execute();
  return rows.map(({ id, number, ref, ...row }) => ({
    id,
    number,
    ref,
    holds: place === ROLLOUT ? row.holds_rollout === 1 : row.has !== null,
    ready: row.ready !== null,
    comes: row.open !== null || row.pipeline_hash === null,
  }));
}

function nameOf(place: string, stage: string): string {
  if (place.startsWith('build '))
    return `the build of ${place.slice('build '.length).replace(/^refs\/(heads|tags)\//, '')}`;
  return stage;
}

const wordsOf = (app: string, { place, position, behind }: Omit<InLine, 'words'>): string =>
  `${ordinal(position)} in line for ${place} of ${app}, behind #${behind}`;

const ENDINGS: Record<string, string> = { one: 'st', two: 'nd', few: 'rd' };
const plural = new Intl.PluralRules('en', { type: 'ordinal' });
const ordinal = (n: number): string => `${n}${ENDINGS[plural.select(n)] ?? 'th'}`;
