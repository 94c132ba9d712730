import { z } from 'zod';
import { ROLES } from '../../../engine/users/actions';

/** Where something listens. */
const address = z.strictObject({ host: z.string(), port: z.int() });

export const status = z
  .strictObject({
    version: z.string(),
    installation: z.string(),
    solo: z.boolean().describe('there is one user, who may approve what is their own'),
    user: z.strictObject({
      name: z.string(),
      roles: z.array(z.enum(ROLES)).describe('that hold for all apps; more may hold at some'),
    }),
    url: z.string(),
    gateway: address.nullable(),
    domain: z.string(),
    cluster: z.strictObject({ name: z.string() }),
    runs: z
      .strictObject({ queued: z.int(), running: z.int(), waiting: z.int(), undoing: z.int() })
      .describe('how many have not ended, by their state'),
  })
  .meta({ id: 'Status' });

const problem = z
  .strictObject({
    file: z.string(),
    line: z.int(),
    column: z.int(),
    path: z.string().describe('where in the document: `stages.gray.share`'),
    code: z.string(),
    severity: z.enum(['error', 'warning']),
    message: z.string(),
    offending: z.string(),
    nearest: z.string().nullable().describe('the nearest valid key or value'),
  })
  .meta({ id: 'Problem' });

export const problems = z.strictObject({ problems: z.array(problem) });
