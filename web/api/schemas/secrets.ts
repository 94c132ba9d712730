import { z } from 'zod';
import { PROTECTED_KINDS } from '../../../engine/secrets/protect';
import { listOf, time } from './common';

const environment = z
  .string()
  .max(80)
  .default('')
  .describe('a stage; empty: builds and every environment but production');

export const secret = z
  .strictObject({
    name: z.string(),
    environment: z.string().describe('a stage; empty: builds and every environment but production'),
    setAt: time,
    setBy: z.string(),
  })
  .meta({ id: 'Secret' });
export const secretList = listOf(secret);

export const secretWanted = z.strictObject({
  name: z.string().max(200),
  environment,
  value: z.base64().max(200_000).describe('its bytes, in base64'),
});
export const secretSet = z.strictObject({
  app: z.string(),
  name: z.string(),
  environment: z.string(),
  replaced: z.boolean().describe('there was one of this name before'),
});
export const secretUnwanted = z.strictObject({ environment });
export const secretRemoved = z.strictObject({ removed: z.string(), environment: z.string() });

export const keyRotated = z.strictObject({
  key: z.string().describe('id of the key that seals now'),
  sealedAnew: z.int().describe('values that were sealed with it'),
});

export const keysForgotten = z.strictObject({
  key: z.string().describe('id of the key that is left'),
  forgotten: z.array(z.string()).describe('ids of those that went'),
});

export const protectedRef = z.strictObject({
  kind: z.enum(PROTECTED_KINDS),
  pattern: z.string().max(300).describe('a name; "*" matches a part, "**" everything'),
});
export const protectedList = z.strictObject({
  items: z.array(protectedRef),
  byDefault: z.boolean().describe('nobody named any: it is the default branch'),
});
