import { z } from 'zod';
import { forges } from '../hooks/forges';

/** The parts of paths, by their names in the routes. A test looks that each one is here. */
export const PATH_PARAMETERS: Readonly<Record<string, z.ZodType>> = {
  app: z.string().describe('name of the app'),
  number: z.int().min(0).max(999_999_999).describe('number of the run, or of the release, in its app'),
  forge: z.enum(forges.map(({ name }) => name)).describe('who sends it'),
  instance: z.string().describe('name of the instance'),
  pass: z.string().describe('id of a pass of retention'),
  session: z.string().describe('id of a session'),
  channel: z.string().describe('name of a channel'),
  token: z.string().describe('name of a token'),
  user: z.string().describe('name of a user'),
  team: z.string().describe('name of a team'),
  secret: z.string().describe('name of a secret'),
  step: z.string().describe('name of the step, its slash written as `%2F`'),
};
