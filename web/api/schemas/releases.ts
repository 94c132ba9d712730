import { z } from 'zod';
import { RELEASE_STATES } from '../../../engine/model/states';
import { PIPELINE_MAX } from '../../limits';
import { json, listOf, oneOf, time } from './common';

/** A release in a few words, as other things name it. */
export const releaseRef = z
  .strictObject({ number: z.int(), hash: z.string(), id: z.string(), commit: z.string() })
  .meta({ id: 'ReleaseRef' });

export const release = z
  .strictObject({
    number: z.int().describe('counts up in each app'),
    hash: z.string().describe('covers the whole record'),
    id: z.string(),
    state: oneOf(RELEASE_STATES),
    createdAt: time,
    run: z.int().describe('number of the run that made it'),
    commit: z.string(),
    record: z.record(z.string(), json).describe('what it is, by digests only; its `format` says which shape'),
    roles: z
      .array(z.strictObject({ environment: z.string(), role: z.enum(['stable', 'gray', 'warm']) }))
      .describe('where it serves now, and as what'),
    image: z
      .strictObject({
        state: z.enum(['kept', 'not yet', 'failed', 'damaged', 'not kept']),
        reason: z.string(),
        size: z.int().describe('bytes, layers that other images share included'),
        keptAt: time.nullable(),
        checkedAt: time.nullable().describe('when every blob was last hashed again'),
      })
      .describe('the bytes of its production image, kept so that it can come back on any host'),
  })
  .meta({ id: 'Release' });

export const releaseList = listOf(release);

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

export const uploadQuery = z.object({ digest: digest.describe('what the bytes must hash to') });
export const uploaded = z.strictObject({ digest: z.string(), size: z.int().describe('bytes') });

const credentials = z.union([
  z.strictObject({ username: z.string().min(1).max(500), password: z.string().min(1).max(5_000) }),
  z.strictObject({ identityToken: z.string().min(1).max(10_000) }),
]);

const given = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['war', 'ear']), digest, name: z.string().regex(/^[\w.+-]{1,200}$/) }),
  z.strictObject({ kind: z.literal('image'), ref: z.string().min(1).max(500).describe('by its digest or its ID') }),
]);

export const releaseWanted = z.strictObject({
  given: given.describe('a file that was uploaded before, or an image'),
  pipeline: z
    .string()
    .max(PIPELINE_MAX)
    .optional()
    .describe("text of a gantry.yml; without it the app's own at the head of its default branch"),
  credentials: credentials.optional().describe('for the registry of the image; kept only until it was pulled'),
});
export const releaseStarted = z.strictObject({
  app: z.string(),
  run: z.int().describe('number of the run that brings it to production'),
  url: z.string().describe('its page'),
});
