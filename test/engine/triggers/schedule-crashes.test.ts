import { expect } from 'chai';
import fc from 'fast-check';
import { createEngine, type Engine } from '../../../engine/engine';
import type { RunCause, ScheduleCause } from '../../../engine/model/cause';
import { type Store, storeOf } from '../../../engine/store/store';
import { type CronTimes, lastTime, nextTime } from '../../../pipelines/cron';
import { openDatabase, type SimulatedDatabase } from '../../simulator/database';
import { partsOn } from '../../support/engine';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Half an hour before the clocks of Berlin jump ahead. */
const BEGIN = Date.parse('2026-03-29T00:30:00Z');
const SCHEDULES: readonly CronTimes[] = [
  { cron: '*/20 * * * *', zone: 'UTC' },
  { cron: '30 2 * * *', zone: 'Europe/Berlin' },
  { cron: '0 * * * 1-5', zone: 'America/New_York' },
];

/** A runner looks; `dies` in its n-th transaction, before or after the commit. */
interface Look {
  do: 'look';
  dies: { in: number; when: 'before' | 'after' } | null;
}
type Step = Look | { do: 'wait'; ms: number } | { do: 'both' } | { do: 'jump'; ms: number };

const look = fc.record({
  do: fc.constant('look' as const),
  dies: fc.option(fc.record({ in: fc.integer({ min: 1, max: 4 }), when: fc.constantFrom('before', 'after') })),
});
const wait = fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 5 * HOUR }) });
const both = fc.record({ do: fc.constant('both' as const) });
const jump = fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -30 * HOUR, max: 30 * HOUR }) });

class Killed extends Error {}

/** A store in which a process dies once. */
function dying(store: Store, { dies }: Look): Store {
  let left = dies?.in ?? 0;
  return {
    ...store,
    write: async (work, turn) => {
      left -= 1;
      if (left === 0 && dies?.when === 'before') throw new Killed();
      const done = await store.write(work, turn);
      if (left === 0 && dies?.when === 'after') throw new Killed();
      return done;
    },
  };
}

describe('schedules, whatever dies', function () {
  this.timeout(60_000);
  let database: SimulatedDatabase;
  let now = BEGIN;
  before(async () => {
    database = await openDatabase();
    database.tellTime(() => now);
  });
  after(() => database.db.destroy());

  const engineOn = (store: Store): Engine =>
    createEngine({ ...partsOn(store, '/nonexistent'), clock: { now: () => now } });
  const begin = async (): Promise<Engine> => {
    database.empty();
    now = BEGIN;
    const engine = engineOn(storeOf(database.db));
    await engine.apps.create('shop', 'user:ada');
    const push = { source: 'test', ref: 'refs/heads/main', before: '0'.repeat(40), after: 'a'.repeat(40) };
    await engine.deliveries.accept({ app: 'shop', pusher: 'ada', ...push }, 'user:ada');
    const schedule = SCHEDULES.map((one) => ({ ...one, ref: null }));
    for (const app of await engine.triggers.toLook()) await engine.triggers.note(app, { schedule, released: [] });
    return engine;
  };
  const play = async (engine: Engine, step: Step): Promise<void> => {
    if (step.do === 'wait' || step.do === 'jump') now += step.ms;
    if (step.do === 'both') await Promise.all([engine.triggers.startScheduled(), engine.triggers.startScheduled()]);
    if (step.do !== 'look') return;
    const started = engineOn(dying(engine.parts.store, step)).triggers.startScheduled();
    await started.catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
  };
  const causes = async (): Promise<ScheduleCause[]> => {
    const rows = await database.db.selectFrom('runs').select('cause').orderBy('number').execute();
    const told = rows.map(({ cause }) => (cause === null ? null : (JSON.parse(cause) as RunCause)));
    return told.filter((cause) => cause?.kind === 'schedule');
  };
  const timesOf = (told: readonly ScheduleCause[], { cron }: CronTimes) =>
    told.filter((one) => one.cron === cron).map(({ at }) => at);

  it('start one run for each time that they look at, and lose none but those that a later run names', async () => {
    const steps = fc.array(fc.oneof(look, wait, both), { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const engine = await begin();
        for (const step of history) await play(engine, step);
        await play(engine, { do: 'both' });
        const told = await causes();
        for (const schedule of SCHEDULES) {
          const times = timesOf(told, schedule);
          expect(new Set(times).size, 'started twice').to.equal(times.length);
          expect(times, 'out of order').to.deep.equal([...times].sort((a, b) => a - b));
          const last = lastTime(schedule, now) ?? 0;
          if (last > BEGIN) expect(times.at(-1), 'the last time was lost').to.equal(last);
          demandNamed(
            schedule,
            told.filter((one) => one.cron === schedule.cron),
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  it('start no run twice and find their times again when the clock jumps', async () => {
    const steps = fc.array(fc.oneof(look, wait, both, jump), { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const engine = await begin();
        for (const step of history) await play(engine, step);
        await play(engine, { do: 'both' });
        const told = await causes();
        const rows = await database.db.selectFrom('schedules').select(['cron', 'next_at']).execute();
        for (const schedule of SCHEDULES) {
          const times = timesOf(told, schedule);
          expect(new Set(times).size, 'started twice').to.equal(times.length);
          const next = rows.find(({ cron }) => cron === schedule.cron)?.next_at;
          expect(next, 'waits for another time than the next one').to.equal(nextTime(schedule, now));
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Each time between two runs that nobody served stands in what the later one says of those that it makes up for. */
function demandNamed(schedule: CronTimes, told: readonly ScheduleCause[]): void {
  let before = BEGIN;
  for (const { at, missedSince } of told) {
    const first = nextTime(schedule, before);
    expect(missedSince ?? at, 'a time was lost without a word').to.equal(first);
    before = at;
  }
}
