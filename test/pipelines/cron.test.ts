import { expect } from 'chai';
import fc from 'fast-check';
import { type CronTimes, clockTime, cronProblem, isTimeZone, lastTime, nextTime } from '../../pipelines/cron';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const daily = (hour: number, minute: number, zone: string): CronTimes => ({ cron: `${minute} ${hour} * * *`, zone });
const at = (text: string): number => Date.parse(text);
const iso = (time: number | null): string => (time === null ? '' : new Date(time).toISOString());

/** Zones whose clocks change: in the night, at midnight, by half an hour, never; in both hemispheres. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Havana',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Auckland',
];
const zones = fc.constantFrom(...ZONES);
const crons = fc.constantFrom(
  '30 2 * * *',
  '*/17 * * * *',
  '0 3 * * 1-5',
  '15 1,2,3 * * *',
  '0 * * * *',
  '*/30 0-3 * * *',
  '59 23 28-31 * *',
);
const times = fc.record({ cron: crons, zone: zones });
const instants = fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') });

describe('the times of a schedule', () => {
  it('come after the time that was asked for, and none is left out on the way', () => {
    fc.assert(
      fc.property(times, instants, (schedule, from) => {
        const next = nextTime(schedule, from) ?? 0;
        expect(next).to.be.greaterThan(from);
        // A millisecond earlier it is still the next one, and at it the one after is.
        expect(nextTime(schedule, next - 1)).to.equal(next);
        expect(nextTime(schedule, next) ?? 0).to.be.greaterThan(next);
      }),
      { numRuns: 500 },
    );
  });

  it('are the same looked back at: the last one up to a time is the one that comes before the next', () => {
    fc.assert(
      fc.property(times, instants, (schedule, until) => {
        const last = lastTime(schedule, until) ?? 0;
        expect(last).to.be.at.most(until);
        expect(nextTime(schedule, last) ?? 0).to.be.greaterThan(until);
        expect(lastTime(schedule, last)).to.equal(last);
      }),
      { numRuns: 500 },
    );
  });

  it('are once a day for a daily schedule, also on days of 23 and of 25 hours', () => {
    const hours = fc.integer({ min: 0, max: 23 });
    const minutes = fc.integer({ min: 0, max: 59 });
    fc.assert(
      fc.property(hours, minutes, zones, instants, (hour, minute, zone, from) => {
        const schedule = daily(hour, minute, zone);
        let time = from;
        const days: string[] = [];
        for (let n = 0; n < 20; n++) {
          time = nextTime(schedule, time) ?? 0;
          days.push(clockTime(time, zone).slice(0, 10));
        }
        expect(new Set(days).size, days.join(' ')).to.equal(20);
        expect(at(days[19] ?? '') - at(days[0] ?? '')).to.equal(19 * DAY);
      }),
      { numRuns: 150 },
    );
  });

  it('that the clocks leave out are due when they have jumped', () => {
    const schedule = daily(2, 30, 'Europe/Berlin');
    expect(iso(nextTime(schedule, at('2026-03-28T12:00:00Z')))).to.equal('2026-03-29T01:00:00.000Z');
    expect(iso(nextTime(schedule, at('2026-03-29T01:00:00Z')))).to.equal('2026-03-30T00:30:00.000Z');
  });

  it('that the clocks show twice are due the first time, and each hour of an hourly one', () => {
    const schedule = daily(2, 30, 'Europe/Berlin');
    expect(iso(nextTime(schedule, at('2026-10-24T12:00:00Z')))).to.equal('2026-10-25T00:30:00.000Z');
    expect(iso(nextTime(schedule, at('2026-10-25T00:30:00Z')))).to.equal('2026-10-26T01:30:00.000Z');
    const hourly = { cron: '0 * * * *', zone: 'Europe/Berlin' };
    const from = at('2026-10-24T23:30:00Z');
    expect(iso(nextTime(hourly, from + HOUR))).to.equal('2026-10-25T01:00:00.000Z');
    expect(iso(nextTime(hourly, from + 2 * HOUR))).to.equal('2026-10-25T02:00:00.000Z');
  });

  it('are told by the clocks of their zone', () => {
    expect(clockTime(at('2026-11-23T02:00:00Z'), 'Europe/Berlin')).to.equal('2026-11-23 03:00');
    expect(clockTime(at('2026-11-23T02:00:00Z'), 'UTC')).to.equal('2026-11-23 02:00');
  });
});

describe('a cron expression', () => {
  for (const cron of ['0 3 * * 1-5', '*/15 8-18 * * MON-FRI', '0 0 29 2 *', '0 12 1 JAN,JUL *']) {
    it(`may be ${cron}`, () => expect(cronProblem(cron)).to.equal(null));
  }
  const bad = { '61 * * * *': 'cannot be read', '0 0 30 2 *': 'never comes', '0 0 * * 8': 'cannot be read' };
  for (const [cron, words] of Object.entries(bad)) {
    it(`is refused as ${cron}`, () => expect(cronProblem(cron)).to.include(words));
  }
  it('has five fields, and no seconds', () => expect(cronProblem('* * * * * *')).to.include('5-part'));
});

describe('a time zone', () => {
  it('is a name that is known here', () => {
    expect(['UTC', 'Europe/Berlin', 'Asia/Shanghai'].every(isTimeZone)).to.equal(true);
    expect(['Berlin', 'Mars/Olympus', ''].some(isTimeZone)).to.equal(false);
  });
});
