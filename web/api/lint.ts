import { z } from 'zod';
import { checkPipeline } from '../../pipelines/check';
import { PIPELINE_FILE } from '../../pipelines/parse';
import type { Route } from '../route';
import { readJson } from './body';

const lintShape = z.strictObject({ text: z.string(), file: z.string().max(200).optional() });

export const lintRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/lint',
    permission: 'user',
    handle: async (parts, ctx) => {
      const { text, file = PIPELINE_FILE } = await readJson(ctx, lintShape);
      const { problems } = checkPipeline(text, { file, solo: await parts.engine.users.isSolo() });
      ctx.body = { problems };
    },
  },
];
