import { z } from 'zod';
import { RUN_STATES, STEP_STATES } from '../../../engine/model/states';
import type { RunTrigger } from '../../../engine/store/tables';
import { approval } from './approvals';
import { json, listOf, oneOf, perhapsTime, time } from './common';
import { failure } from './failure';

const TRIGGERS = [
  'push',
  'rollback',
  'manual',
  'undo',
  'release',
  'restart',
  'start',
  'schedule',
  'released',
  'request',
] as const satisfies readonly RunTrigger[];

const summaryFields = {
  app: z.string(),
  number: z.int().describe('counts up in each app'),
  id: z.string(),
  trigger: z.enum(TRIGGERS),
  ref: z.string(),
  commit: z.string(),
  title: z.string(),
  author: z.string(),
  startedBy: z.string(),
  state: oneOf(RUN_STATES),
  reason: z.string(),
  createdAt: time,
  startedAt: perhapsTime,
  endedAt: perhapsTime,
  release: z.int().nullable().describe('number of its release; null before it was sealed'),
  supersededBy: z.int().nullable().describe('number of the run that took its place'),
  inLine: z
    .strictObject({
      place: z.string().describe('`gray`, `test`, `the build of main`'),
      position: z.int().describe('1: it is next'),
      behind: z.int().describe('number of the run right before it'),
      words: z.string().describe('all of that: `3rd in line for gray of shop, behind #12`'),
    })
    .nullable()
    .describe('where it stands when other runs of the app go first'),
  url: z.string().describe('its page'),
};

export const runSummary = z.strictObject(summaryFields).meta({ id: 'RunSummary' });
export const runList = listOf(runSummary)
  .extend({
    version: z.literal(1).describe('of the shape of this list'),
    next: z.string().nullable().describe('`before` of the page that follows; null at the end'),
  })
  .meta({ id: 'RunList' });

const step = z
  .strictObject({
    name: z.string(),
    kind: z.string(),
    stage: z.string(),
    verb: z.enum(['run', 'undo']),
    state: oneOf(STEP_STATES),
    reason: z.string(),
    attempt: z.int(),
    startedAt: perhapsTime,
    endedAt: perhapsTime,
    output: json,
    undoneBy: z.int().nullable().describe('number of the run that took it back'),
  })
  .meta({ id: 'Step' });

const stage = z.strictObject({
  name: z.string(),
  state: oneOf(STEP_STATES),
  startedAt: perhapsTime,
  endedAt: perhapsTime,
});

export const parameterValues = z.record(z.string(), z.string());

export const run = z
  .strictObject({
    ...summaryFields,
    steps: z.array(step),
    stages: z.array(stage),
    approvals: z.array(approval),
    waitsFor: z.string().describe('one sentence; empty when it waits for nothing'),
    waitsDetail: z.array(z.string()).describe('more about that, a sentence each'),
    undoes: z.int().nullable().describe('number of the run that this one takes back'),
    restarts: z.int().nullable().describe('number of the run whose plan this one walks once more'),
    parameters: parameterValues.describe('what it was started with, by name'),
    cause: z.string().describe('why it was started, a sentence; empty where trigger and person say it'),
    releaseHash: z.string().describe('an approval is bound to it; empty before the release was sealed'),
    failure: failure.nullable().describe('why it failed; null when no step has failed'),
    untold: z.array(z.string()).describe('what its forge and channels were not told of it, a sentence each'),
  })
  .meta({ id: 'Run' });

export const cancelled = z.strictObject({ state: oneOf(RUN_STATES) });

export const restarted = z.strictObject({
  run: z.int().describe('number of the new run'),
  taken: z.array(z.string()).describe('steps whose results it takes over'),
  anew: z.array(z.string()).describe('steps that it does'),
});
