import { z } from 'zod';
import { ACTIONS } from '../../../engine/users/actions';
import { listOf, oneOf, perhapsTime, time } from './common';

/** Pieces of the API about how people get in. */

export const session = z
  .strictObject({
    id: z.string(),
    kind: z.enum(['browser', 'command']),
    proof: z.enum(['token', 'password', 'provider', 'browser']).describe('what was shown to begin it'),
    madeAt: time,
    seenAt: time.describe('when it was last used, to the minute: milliseconds since 1970, UTC'),
    endsAt: time,
    secondFactorAt: perhapsTime,
    agent: z.string().describe('what the browser calls itself'),
    address: z.string(),
    current: z.boolean().describe('it is the one that asks'),
  })
  .meta({ id: 'Session' });
export const sessionList = listOf(session);
export const sessionEnded = z.strictObject({ ended: z.string() });

const scopes = z.array(oneOf(ACTIONS));

export const tokenWanted = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/)
    .describe('to tell it from others: a-z, 0-9 and "-"'),
  may: scopes
    .min(1)
    .refine((may) => !may.includes('approve'), 'a token cannot approve')
    .describe('what it may at most; never more than its user'),
  app: z.string().max(100).optional().describe('the only app that it is for'),
  livesMs: z.int().min(1).optional().describe('when it ends by itself, from now; 90 days when left out'),
});

const tokenFields = {
  name: z.string(),
  may: scopes.nullable().describe('null: all that its user may'),
  app: z.string().nullable(),
  madeAt: time,
  endsAt: perhapsTime.describe('null: only by being taken back'),
  usedAt: perhapsTime.describe('to the minute'),
};
export const token = z.strictObject(tokenFields).meta({ id: 'Token' });
export const tokenList = listOf(token);
export const tokenMade = z
  .strictObject({ ...tokenFields, token: z.string().describe('shown this once') })
  .meta({ id: 'TokenMade' });
export const tokenRevoked = z.strictObject({ revoked: z.string() });

export const invitation = z
  .strictObject({ user: z.string(), url: z.string().describe('opens once, for whoever comes first'), endsAt: time })
  .meta({ id: 'Invitation' });

export const loginAsked = z
  .strictObject({
    secret: z.string().describe('fetches the session; nobody else may have it'),
    code: z.string().describe('for the person to compare'),
    url: z.string().describe('where the person lets it in'),
    endsAt: time,
    askEveryMs: z.int(),
  })
  .meta({ id: 'LoginAsked' });

export const loginSecret = z.strictObject({ secret: z.string().max(100) });

export const loginTaken = z
  .strictObject({
    state: z.enum(['waiting', 'refused', 'begun']),
    session: z.strictObject({ secret: z.string(), user: z.string(), endsAt: time }).nullable(),
  })
  .meta({ id: 'LoginTaken' });

export const codeShown = z.strictObject({
  code: z.string().max(40).describe('of the authenticator app, or a recovery code'),
});
export const codeTaken = z.strictObject({ confirmedAt: time });
