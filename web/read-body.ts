import getRawBody from 'raw-body';
import { GantryError } from '../engine/model/errors';
import { BODY_MAX, BODY_MS } from './limits';
import type { Context } from './route';

/**
 * The whole body as bytes.
 * @param limit bytes
 * @throws GantryError `body-too-large`, `body-late`, `body-broken`.
 */
export async function readBody(ctx: Context, limit = BODY_MAX): Promise<Buffer> {
  const late = setTimeout(() => ctx.req.destroy(new Error('the body came too slowly')), BODY_MS);
  try {
    return await getRawBody(ctx.req, { limit, length: ctx.req.headers['content-length'] ?? null });
  } catch (error) {
    // What still comes is read away, and the connection ends with the answer.
    ctx.set('Connection', 'close');
    ctx.req.resume();
    const tooLarge = (error as { type?: string }).type === 'entity.too.large';
    throw new GantryError(
      'invalid',
      tooLarge ? 'body-too-large' : 'body-broken',
      tooLarge ? `the body is larger than ${limit / 1024} KiB` : 'the body did not arrive whole',
      tooLarge ? 'send less' : 'send it again',
      { cause: error },
    );
  } finally {
    clearTimeout(late);
  }
}

/** Fields of a form. @throws GantryError `body-type` for anything else. */
export async function readForm(ctx: Context): Promise<URLSearchParams> {
  if (!ctx.is('application/x-www-form-urlencoded')) {
    throw new GantryError('invalid', 'body-type', 'a form is expected here', 'send the form of the page');
  }
  return new URLSearchParams((await readBody(ctx)).toString('utf8'));
}
