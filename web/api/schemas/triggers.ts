import { z } from 'zod';
import { perhapsTime, time } from './common';

const schedule = z.strictObject({
  cron: z.string().describe('minute, hour, day, month, day of the week'),
  zone: z.string().describe('whose clocks count'),
  ref: z.string().nullable().describe('the branch whose head is run; null: the default branch'),
  next: z.array(time).describe('the times to come; none while it is disabled'),
  lastAt: perhapsTime,
  lastRun: z.int().nullable().describe('number of the run that was started then'),
  reason: z.string().describe('why the last time started no run, or waits; empty when it did'),
});

const released = z.strictObject({ app: z.string(), stage: z.string() });

const followed = released.extend({
  release: z.int(),
  state: z.enum(['pending', 'started', 'refused']),
  reason: z.string(),
  run: z.int().nullable().describe('number of the run that it started'),
  at: time,
});

export const triggers = z
  .strictObject({
    app: z.string(),
    ref: z.string().describe('the default branch, whose pipeline says all of it'),
    commit: z.string().nullable().describe('the commit that was read; null before the first time'),
    reason: z.string().describe('why nothing starts by itself now; empty when it does'),
    schedules: z.array(schedule),
    released: z.array(released).describe('releases of other apps that start a run'),
    followed: z.array(followed).describe('the newest of those releases'),
  })
  .meta({ id: 'Triggers' });
