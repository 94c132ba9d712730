import type { AppId, RunId } from '../model/ids';
import { isFinalStep } from '../model/states';
import type { Decision } from '../model/transition';
import { ROLLOUT } from '../steps/turn';
import { statement } from '../store/statement';
import type { Tx } from '../store/store';
import type { RunAtHand, StepAtHand } from './run-at-hand';

interface Place {
  app: AppId;
  place: string;
  run: RunId;
}

const enter = statement<Place & { now: number }, { run_id: RunId }>((db, argument) =>
  db
    .insertInto('places')
    .values({
      app_id: argument('app'),
      place: argument('place'),
      run_id: argument('run'),
      since: argument('now'),
    })
    .onConflict((c) => c.columns(['app_id', 'place']).doNothing())
    .returning('run_id'),
);
const holderOf = statement<Omit<Place, 'run'>, { run_id: RunId }>((db, argument) =>
  db.selectFrom('places').select('run_id').where('app_id', '=', argument('app')).where('place', '=', argument('place')),
);
const leave = statement<Place, unknown>((db, argument) =>
  db
    .deleteFrom('places')
    .where('app_id', '=', argument('app'))
    .where('place', '=', argument('place'))
    .where('run_id', '=', argument('run')),
);

/** One holder at a time, by the table's key. @returns whether this run has the place now */
export async function enterPlace(tx: Tx, wanted: Place & { now: number }): Promise<boolean> {
  if ((await enter(tx, wanted)).length > 0) return true;
  return (await holderOf(tx, wanted))[0]?.run_id === wanted.run;
}

/** Gives back the places in which no step of the run is open any more. */
export async function leavePlaces(tx: Tx, { row, steps }: RunAtHand, decision: Decision): Promise<void> {
  const ended = new Set(decision.steps.filter(({ state }) => isFinalStep(state)).map(({ name }) => name));
  const touched = new Set(steps.filter(({ name }) => ended.has(name)).map(({ place }) => place));
  for (const place of touched) {
    if (place === null || place === ROLLOUT) continue;
    const isOpen = steps.some((step) => step.place === place && !isFinalStep(step.state));
    if (!isOpen) await leave(tx, { app: row.app_id, place, run: row.id });
  }
}

/** Steps that became ready at a place where none of the run's steps has begun: with them it stands in line. */
export function arrivals(steps: readonly StepAtHand[], ready: ReadonlySet<string>): StepAtHand[] {
  const isFirst = ({ place, name }: StepAtHand): boolean =>
    place !== null &&
    ready.has(name) &&
    steps.every((other) => other.place !== place || (other.epoch === 0 && other.state !== 'waiting'));
  const seen = new Set<string | null>();
  return steps.filter((step) => isFirst(step) && !seen.has(step.place) && seen.add(step.place));
}
