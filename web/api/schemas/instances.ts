import { z } from 'zod';
import { LOG_TAIL_MAX } from '../../../engine/model/session-limits';
import { INSTANCE_STATES } from '../../../engine/model/states';
import { listOf, oneOf, perhapsTime } from './common';

const place = z
  .string()
  .max(40)
  .optional()
  .describe('`test`, `gray` or `production`; default: production, if it stands');
const which = z.string().max(200).optional().describe('its number in its place, from 1, or its name');

export const logsQuery = z.strictObject({
  environment: place,
  instance: which,
  follow: z.enum(['1', '0']).default('0').describe('`1`: goes on until the instance ends'),
  since: z.coerce.number().int().min(0).optional().describe('only what was written since then, ms UTC'),
  tail: z.coerce.number().int().min(0).max(LOG_TAIL_MAX).default(200).describe('at most so many lines of the past'),
});

export const instance = z
  .strictObject({
    number: z.int().describe('in its place, from 1'),
    name: z.string(),
    place: z.string().describe('`test`, `gray`, `production`'),
    state: oneOf(INSTANCE_STATES),
    release: z.int(),
    keptUntil: perhapsTime.describe('a failed one that is kept for a look goes then'),
  })
  .meta({ id: 'PlacedInstance' });
export const instanceList = listOf(instance);
export const instanceDropped = z.strictObject({ name: z.string(), state: oneOf(INSTANCE_STATES) });

const side = z.int().min(1).max(2_000);
export const terminalSize = z.strictObject({ columns: side, rows: side });

/** The first message of a shell. */
export const shellWanted = z.strictObject({
  environment: place,
  instance: which,
  production: z.boolean().default(false).describe('the person says: I know that this is production'),
  command: z.array(z.string().max(8_192)).max(200).default([]).describe('empty: a shell'),
  terminal: terminalSize.nullable().default(null).describe('null: no terminal, two outputs'),
});
