import { GantryError } from '../../engine/model/errors';
import { UPLOAD_MAX, UPLOAD_SILENT_MS } from '../limits';
import type { WebParts } from '../parts';
import type { Context } from '../route';

/**
 * Stores the bytes of a request's body, as they come.
 * @throws GantryError `body-too-large`, `body-broken`, `digest-differs`; nothing is left behind
 */
export async function storeUpload(
  { engine }: WebParts,
  ctx: Context,
  digest: string,
): Promise<{ digest: string; size: number }> {
  const { bytes } = engine.parts;
  const length = Number(ctx.req.headers['content-length'] ?? 0);
  if (length > UPLOAD_MAX) throw refuse(ctx, tooLarge());
  ctx.req.setTimeout(UPLOAD_SILENT_MS, () => ctx.req.destroy(new Error('the upload stood still')));
  return bytes.put(ctx.req, UPLOAD_MAX, digest).catch((error: unknown) => {
    throw refuse(ctx, wordsOf(error));
  });
}

function wordsOf(error: unknown): GantryError {
  if (!(error instanceof GantryError)) return brokenOff(error);
  return error.code === 'too-large' ? tooLarge(error) : error;
}

/** What still comes is read away, and the connection ends with the answer. */
function refuse(ctx: Context, error: GantryError): GantryError {
  ctx.set('Connection', 'close');
  ctx.req.resume();
  return error;
}

const tooLarge = (cause?: unknown): GantryError =>
  new GantryError('invalid', 'body-too-large', `the file is larger than ${UPLOAD_MAX / 1_048_576} MiB`, 'send less', {
    cause,
  });

const brokenOff = (cause: unknown): GantryError =>
  new GantryError('invalid', 'body-broken', 'the file did not arrive whole', 'send it again', { cause });
