import { z } from 'zod';

/** A rollback that has begun. */
export const rollbackStarted = z
  .strictObject({
    run: z.int().describe("number of the run that does it: a new one, or the gray release's own"),
    kind: z
      .enum(['gray', 'warm', 'cold'])
      .describe('`warm`: one gateway command; `cold`: instances are started from the kept image first'),
    from: z.string(),
    to: z.string(),
  })
  .meta({ id: 'RollbackStarted' });

export const shareSet = z.strictObject({
  run: z.int().describe('number of the run that does it'),
  share: z.int().describe('in 1/10,000'),
});
