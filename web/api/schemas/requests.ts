import { z } from 'zod';
import { listOf, time } from './common';

export const request = z
  .strictObject({
    number: z.int().describe('at the forge'),
    forge: z.string(),
    state: z.enum(['open', 'closed']),
    head: z.string().describe('the commit that it stands at'),
    origin: z.enum(['branch', 'fork']).describe('whether a branch of the repository stands at its head'),
    waits: z.boolean().describe('its head runs only when somebody allows it'),
    allowedBy: z.string().nullable(),
    updatedAt: time,
    run: z.int().nullable(),
  })
  .meta({ id: 'Request' });

export const requestList = listOf(request);

export const requestAllowed = z
  .strictObject({ app: z.string(), number: z.int(), head: z.string(), run: z.int() })
  .meta({ id: 'RequestAllowed' });
