import { z } from 'zod';
import { LIST_DEFAULT, LIST_MAX } from '../../limits';

/** The pieces that answers and inputs are made of. What has a `meta` id is named in the OpenAPI description. */

/** When something was. */
export const time = z.int().describe('milliseconds since 1970, UTC');
export const perhapsTime = time.nullable();

/** A short text of a person. */
export const reason = z.string().max(500).optional().describe('why, for the audit and those who look later');

/** `?limit=`, within our own. */
export const limit = z.coerce.number().int().min(1).max(LIST_MAX).default(LIST_DEFAULT).describe('how many at most');

/** One of the names of a table of states or kinds. */
export const oneOf = <T extends string>(table: Readonly<Record<T, unknown>>) =>
  z.enum(Object.keys(table) as [T, ...T[]]);

export const listOf = <T extends z.ZodType>(item: T) => z.strictObject({ items: z.array(item) });

/** Any JSON. */
export const json = z.unknown().describe('any JSON');

/** Every refusal, whatever its status. */
export const refusal = z
  .strictObject({
    error: z.strictObject({
      code: z.string().describe('stable, for programs: `run-unknown`'),
      message: z.string().describe('the thing and the reason'),
      next: z.string().describe('what to do about it; may be empty'),
    }),
  })
  .meta({ id: 'Refusal' });
