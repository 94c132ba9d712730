import type { StepId } from '../model/ids';
import type { EngineParts } from '../parts';
import { type Hint, hintId, hintOf } from '../ports/queue';
import type { Reader } from '../store/store';
import { type Reach, waitingSteps } from './waiting';

/** Steps that are looked at in one turn; the oldest first, so that the rest comes in the next ones. */
const STEPS_MAX = 20_000;
/** Values in one statement. */
const IDS_AT_ONCE = 500;

export interface QueueRepair {
  /** Hints that were missing. */
  rung: number;
  /** Hints of steps that are not ready any more. */
  stale: number;
  /** What names no step of this Gantry. */
  unknown: readonly string[];
}

/**
 * Makes the queue hold a hint for each step that may be taken now, and nothing else: after Redis was flushed, came back
 * empty or older, or was written by somebody else.
 * @param reach the steps that hints are kept for: hints of any others are removed as stale. So the loop asks for the steps of
 *   all pools, and a runner that named only its own would silence the others until they look into SQL
 * @returns undefined while Redis is down
 */
export async function repairQueue(parts: EngineParts, reach: Reach): Promise<QueueRepair | undefined> {
  const { bell, store } = parts;
  // The queue first: what became ready after it was read is missing at most, and never taken for stale.
  const held = await bell.held();
  if (held === undefined) return undefined;
  const ready = await readyHints(store.read, reach);
  const wanted = new Set(ready.map(hintId));
  const missing = ready.filter((hint) => !held.has(hintId(hint)));
  const stale = [...held].filter((id) => !wanted.has(id));
  const unknown = await unknownOf(store.read, stale);
  if (missing.length > 0 || stale.length > 0) await bell.mend({ missing, stale });
  return { rung: missing.length, stale: stale.length - unknown.length, unknown };
}

async function readyHints(db: Reader, reach: Reach): Promise<Hint[]> {
  const takeable = await waitingSteps(db, reach, STEPS_MAX);
  if (takeable.length === 0) return [];
  const ready = await db.selectFrom('steps').select(['id', 'epoch']).where('state', '=', 'ready').execute();
  const epochs = new Map(ready.map(({ id, epoch }) => [id, epoch]));
  return takeable.flatMap(({ id }) => {
    const epoch = epochs.get(id);
    return epoch === undefined ? [] : [{ stepId: id, epoch }];
  });
}

async function unknownOf(db: Reader, ids: readonly string[]): Promise<string[]> {
  const known = new Set<string>();
  const named = [...new Set(ids.flatMap((id) => hintOf(id)?.stepId ?? []))];
  for (let at = 0; at < named.length; at += IDS_AT_ONCE) {
    const some = named.slice(at, at + IDS_AT_ONCE) as StepId[];
    for (const { id } of await db.selectFrom('steps').select('id').where('id', 'in', some).execute()) known.add(id);
  }
  return ids.filter((id) => !known.has(hintOf(id)?.stepId ?? ''));
}
