import { z } from 'zod';
import { demandWhole } from '../identity/principal';
import { invitationUrl } from '../pages/invitation';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { invitation } from './schemas/signin';

const wanted = z.strictObject({
  newSecondFactor: z.boolean().default(false).describe('the second factor is set up anew as well'),
});

export const invitationRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/users/:user/invitation',
    permission: 'user',
    may: 'people',
    summary: 'makes a way in for somebody new, or who has forgotten the password',
    details: 'Whoever opens the address first, within a day, chooses the password. Earlier invitations end.',
    body: wanted,
    answers: { 200: invitation },
    errors: ['conflict', 'forbidden'],
    handle: async (parts, ctx, { body }) => {
      demandWhole(ctx);
      const user = param(ctx, 'user');
      const { secret, endsAt } = await parts.engine.signin.invite(user, actorOf(ctx), body);
      ctx.body = { user, url: invitationUrl(parts, secret), endsAt };
    },
  }),
];
