import { z } from 'zod';
import { REMOVABLE } from '../../../engine/retention/report';
import { listOf, oneOf, perhapsTime, time } from './common';

const kind = oneOf(REMOVABLE);
const bytes = z.int().describe('bytes that became free; 0 for rows');

const report = z.strictObject({
  removed: z
    .partialRecord(
      kind,
      z.strictObject({ count: z.int(), bytes, digest: z.string().describe('sha256 over the names, in their order') }),
    )
    .describe('by kind; in a look: what would be'),
  items: z
    .array(z.strictObject({ kind, name: z.string(), why: z.string(), bytes }))
    .describe('the first of them; the others are only counted'),
  stays: z
    .array(z.strictObject({ kind, why: z.string(), count: z.int() }))
    .describe('what is old enough, and is still needed'),
  left: z.array(z.strictObject({ kind, name: z.string(), why: z.string() })).describe('what could not be removed'),
});

export const pass = z
  .strictObject({
    id: z.string(),
    kind: z.enum(['look', 'prune']),
    state: z.enum(['asked', 'running', 'done', 'failed']),
    askedBy: z.string(),
    askedAt: time,
    endedAt: perhapsTime,
    reason: z.string().describe('why it failed'),
    report,
  })
  .meta({ id: 'RetentionPass' });

const found = z.array(z.strictObject({ kind: z.string(), name: z.string(), why: z.string() }));

export const reaper = z
  .strictObject({
    cluster: z.string(),
    at: time.describe('when it was found for the first time'),
    doubtful: found.describe('never removed by itself: people have to look'),
    left: found.describe('has no owner, and could not be removed'),
  })
  .meta({ id: 'ReaperReport' });
export const reaperList = listOf(reaper);
