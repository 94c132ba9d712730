import { DEFAULT_POOL } from '../../pipelines/names';
import type { AppId, RunId, StepId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Reader } from '../store/store';
import { type Candidate, candidates, lapsedLeases, type OpenApp, openApps, ROLLOUT_ROLES } from './candidates';
import { ROLLOUT } from './turn';

/** A step that may be taken now. */
export interface WaitingStep {
  id: StepId;
  run: RunId;
  app: AppId;
  /** Of its stage. */
  role: string;
  /** Taking it, its run begins to hold gray and production of its app. */
  rollout: boolean;
  /** Taking it, its run has this place; null: it needs none, or its run has it already. */
  place: string | null;
}

/** What a runner can carry out. */
export interface Reach {
  kinds: readonly string[];
  /** Default: the pool of steps that name none. */
  pools?: readonly string[] | 'all';
}

/**
 * At most `limit` steps that may be taken together. Rollbacks go first. Then the apps take turns, the one with the
 * fewest steps at work first, so that a flood of one app holds up no other; of an app, the oldest run.
 */
export async function waitingSteps(db: Reader, reach: Reach, limit: number): Promise<WaitingStep[]> {
  const { urgent, ofApp } = candidates(reach.kinds, reach.pools ?? [DEFAULT_POOL], limit);
  const apps = await openApps(db, {});
  if (apps.length === 0) return [];
  const picked = new Picked();
  const isUrgent = typeof apps[0]?.urgent === 'number';
  for (const step of isUrgent ? await urgent(db, {}) : []) if (picked.steps.length < limit) picked.add(step);
  const asked = await appsToAsk(db, apps);
  const queues = asked.map(({ app, running, oldest }) => ({ app, load: Number(running), oldest: oldest ?? '' }));
  const waiting = new Map<AppId, Candidate[]>();
  while (picked.steps.length < limit) {
    const next = queues.reduce<(typeof queues)[number] | undefined>(
      (a, b) => (a && !goesFirst(b, a) ? a : b),
      undefined,
    );
    if (next === undefined) break;
    const steps = waiting.get(next.app) ?? (await ofApp(db, { app: next.app }));
    waiting.set(next.app, steps);
    const step = steps.shift();
    if (step === undefined) queues.splice(queues.indexOf(next), 1);
    else if (picked.add(step)) next.load += 1;
  }
  return picked.steps;
}

/** An app that has steps at work only is asked when a lease has run out: each look would take a query for each of them. */
async function appsToAsk(db: Reader, apps: readonly OpenApp[]): Promise<readonly OpenApp[]> {
  const ready = apps.filter(({ oldest }) => oldest !== null);
  if (ready.length === apps.length) return apps;
  const [found] = await lapsedLeases(db, {});
  return Number(found?.lapsed) === 1 ? apps : ready;
}

interface Queue {
  load: number;
  oldest: string;
}

const goesFirst = (a: Queue, b: Queue): boolean => (a.load === b.load ? a.oldest < b.oldest : a.load < b.load);

/** Steps that may be taken together: of two runs that want the same place, the first has it. */
class Picked {
  readonly steps: WaitingStep[] = [];
  private readonly holders = new Map<string, RunId>();

  add({ id, run, app, role, priority, held, place }: Candidate): boolean {
    const rollout = ROLLOUT_ROLES.includes(role) && priority === 0;
    // Gray and production are held by the run's own row.
    const own = place === ROLLOUT ? null : place;
    const wanted = rollout ? ROLLOUT : own;
    if (wanted !== null && !this.isFirst(`${app} ${wanted}`, run)) return false;
    this.steps.push({ id, run, app, role, rollout, place: held === 1 ? null : own });
    return true;
  }

  private isFirst(place: string, run: RunId): boolean {
    const holder = this.holders.get(place) ?? run;
    this.holders.set(place, holder);
    return holder === run;
  }
}

/** Whether there is a step to take; without a lock, so that an idle runner never takes the one for writing. */
export async function anyStepWaits(parts: EngineParts, reach: Reach): Promise<boolean> {
  return (await waitingSteps(parts.store.read, reach, 1)).length > 0;
}
