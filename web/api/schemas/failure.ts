import { z } from 'zod';
import { perhapsTime } from './common';

const healthSeen = z.strictObject({
  afterMs: z.int().describe('ms after the health check was first asked'),
  words: z.string().describe('`503 Service Unavailable`, `connection refused`'),
});

const instanceEnd = z.strictObject({
  name: z.string(),
  exitCode: z.int().nullable().describe('null: it still ran'),
  outOfMemory: z.boolean(),
  answers: z.array(healthSeen).describe('only where the answer changed'),
  lastLines: z.array(z.string()),
});

export const failure = z
  .strictObject({
    step: z.string(),
    error: z.string().describe('one sentence'),
    lines: z
      .array(z.strictObject({ number: z.int().describe('in the whole log, from 1'), text: z.string() }))
      .describe('the lines of its log that matter, at most 20'),
    tries: z.array(z.string()).describe('what to try, most likely first'),
    instance: instanceEnd.nullable().describe('how the instance ended that did not get healthy'),
    keptUntil: perhapsTime.describe('until then that instance is kept for a look; null: it is gone'),
  })
  .meta({ id: 'Failure' });
