import { z } from 'zod';
import { checkPipeline } from '../../pipelines/check';
import { PIPELINE_FILE } from '../../pipelines/parse';
import type { Route } from '../route';
import { endpoint } from './endpoint';
import { problems } from './schemas/house';

const lintShape = z.strictObject({
  text: z.string().describe('a whole gantry.yml'),
  file: z.string().max(200).default(PIPELINE_FILE).describe('how problems call it'),
});

export const lintRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/lint',
    permission: 'user',
    may: 'signed-in',
    summary: 'looks for mistakes in a gantry.yml; changes nothing',
    body: lintShape,
    answers: { 200: problems },
    handle: async (parts, ctx, { body: { text, file } }) => {
      const found = checkPipeline(text, { file, solo: await parts.engine.users.isSolo() });
      ctx.body = { problems: found.problems };
    },
  }),
];
