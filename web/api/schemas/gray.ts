import { z } from 'zod';
import { LANES } from '../../../engine/ports/gateway';
import { GRAY_VALUE_PATTERN, HEADER_PATTERN } from '../../../pipelines/names';
import { perhapsTime } from './common';
import { releaseRef } from './releases';

/** A rule about a header or a cookie, as it is given and as it is shown. */
const valueFields = {
  kind: z.enum(['header', 'cookie']),
  name: z.string().regex(new RegExp(HEADER_PATTERN), { error: 'the name of a header or cookie' }),
  match: z.enum(['equals', 'startsWith']),
  value: z.string().regex(new RegExp(GRAY_VALUE_PATTERN), {
    error: 'visible ASCII without quotes, commas and semicolons, no blanks at the ends',
  }),
};

export const valueRule = z.strictObject(valueFields).meta({ id: 'ValueRule' });

const text = z.string().describe('for people: `header X-Team = qa`, `3 users`');
const shownUsers = z.strictObject({ kind: z.literal('users'), list: z.string(), size: z.int(), text });

/** A way into gray whatever the share is. */
export const shownRule = z.union([z.strictObject({ ...valueFields, text }), shownUsers]).meta({ id: 'GrayRule' });

export const gray = z
  .strictObject({
    app: z.string(),
    stable: releaseRef.nullable(),
    gray: releaseRef.nullable().describe('null: nothing is gray'),
    share: z.int().describe('in 1/10,000'),
    rules: z.array(shownRule).describe('any of them leads to gray'),
    salt: z.string().describe('decides the order of visitors in which the share grows'),
    identity: z.string().nullable().describe('header that tells who a visitor is; null: a cookie of the gateway does'),
    since: perhapsTime.describe('when gray got its share and rules'),
    by: z.string().nullable(),
    measured: z.strictObject({
      requests: z.int().describe('of the last minute'),
      share: z.int().nullable().describe("gray's part of them in 1/10,000; null without requests"),
    }),
  })
  .meta({ id: 'Gray' });

const why = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('session'), lane: z.enum(LANES) }),
  z.strictObject({ kind: z.literal('key') }),
  z.strictObject({ kind: z.literal('rule'), rule: z.int().describe('counted from 1') }),
  z.strictObject({
    kind: z.literal('share'),
    bucket: z.int().describe('0 to 9,999; below the share it meets gray'),
    share: z.int(),
    knownBy: z.enum(['login', 'cookie']),
  }),
  z.strictObject({ kind: z.literal('new'), share: z.int() }),
  z.strictObject({ kind: z.literal('no-gray') }),
]);

const login = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('trusted'), user: z.string() }),
  z.strictObject({ kind: z.literal('refused'), why: z.enum(['address', 'several', 'length']) }),
]);

export const explained = z
  .strictObject({
    app: z.string(),
    host: z.string(),
    release: releaseRef.nullable().describe('null: it depends on the id that a new visitor gets'),
    role: z.enum(['stable', 'gray', 'warm']).nullable(),
    why,
    login,
    sentences: z.array(z.string()).describe('the same for people'),
  })
  .meta({ id: 'GrayExplained' });
