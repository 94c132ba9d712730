import type { z } from 'zod';
import { GantryError } from '../../engine/model/errors';
import { readBody } from '../read-body';
import { type Context, param } from '../route';

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
