import { z } from 'zod';
import { parameterValues } from './runs';

export const runStarted = z.strictObject({
  run: z.int().describe('number of the new run'),
  ref: z.string(),
  commit: z.string(),
  parameters: parameterValues.describe('every value that the pipeline asks for, by name'),
});
