import { z } from 'zod';

const left = z.strictObject({ step: z.string(), why: z.string() });

export const undoPreview = z
  .strictObject({
    app: z.string(),
    run: z.int(),
    what: z.string(),
    steps: z
      .array(
        z.strictObject({
          step: z.string(),
          kind: z.string(),
          does: z.string().describe('one sentence'),
          lastMs: z.int().nullable().describe('how long it took last time'),
          to: z.string().optional().describe('id of the release that becomes stable'),
        }),
      )
      .describe('in the order in which they are taken back'),
    skipped: z.array(left).describe('left as they are'),
    refused: z.array(left.extend({ next: z.string() })).describe('with one of these nothing is done at all'),
    hash: z.string().describe('names exactly what is shown; the undo must bring it along'),
  })
  .meta({ id: 'UndoPreview' });

export const undoStarted = z.strictObject({
  run: z.int().describe('number of the run that does it'),
  steps: z.array(z.string()).describe('what it takes back, in order'),
});
