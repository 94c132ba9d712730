import { z } from 'zod';
import { RUN_STATES } from '../../../engine/model/states';
import { oneOf } from './common';
import { failure } from './failure';

export const why = z
  .strictObject({
    app: z.string(),
    number: z.int(),
    state: oneOf(RUN_STATES),
    waits: z.boolean().describe('false: it is at work, or it has ended'),
    sentences: z.array(z.string()).describe('the first one alone says it; the others say more'),
    commands: z.array(z.string()).describe('what answers it, ready to be typed'),
    failure: failure.nullable().describe('of the step that failed'),
  })
  .meta({ id: 'Why' });
