import { z } from 'zod';
import { GantryError } from '../../engine/model/errors';
import { LIST_DEFAULT, LIST_MAX } from '../limits';
import { readBody } from '../read-body';
import { type Context, param, query } from '../route';

/**
 * A JSON body of this shape; an absent one counts as `{}`.
 * @throws GantryError `body-json`; ZodError for unknown keys and wrong types.
 */
export async function readJson<T>(ctx: Context, shape: z.ZodType<T>): Promise<T> {
  const text = (await readBody(ctx)).toString('utf8');
  return shape.parse(parse(text.trim() === '' ? '{}' : text));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GantryError('invalid', 'body-json', 'the body is no JSON', 'send a JSON object', { cause: error });
  }
}

/** A short text of a person. */
export const reasonShape = z.string().max(500).optional();

/** A number in the path. @throws GantryError `not-a-number`. */
export function numberParam(ctx: Context, name: string): number {
  const text = param(ctx, name);
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new GantryError(
    'invalid',
    'not-a-number',
    `"${text.slice(0, 80)}" is no number of a ${name}`,
    'give its number',
  );
}

/** `?limit=`, within our own. */
export function limitOf(ctx: Context): number {
  const text = query(ctx, 'limit');
  if (text === undefined) return LIST_DEFAULT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIST_MAX) return limit;
  throw new GantryError('invalid', 'limit', `limit is 1 to ${LIST_MAX}, not "${text.slice(0, 80)}"`);
}
