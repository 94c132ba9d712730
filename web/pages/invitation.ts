import { GantryError } from '../../engine/model/errors';
import { clientOf } from '../identity/client';
import type { WebParts } from '../parts';
import { readForm } from '../read-body';
import { type Context, param, type Route } from '../route';
import { begin } from './login';
import { render } from './render';

/** Where somebody new, or who has forgotten it, chooses a password. Only sending the form uses the invitation up. */
export const invitationRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/invitation/:invitation',
    permission: 'public',
    handle: (parts, ctx) => show(parts, ctx, ''),
  },
  {
    method: 'POST',
    path: '/invitation/:invitation',
    permission: 'public',
    handle: async (parts, ctx) => {
      const form = await readForm(ctx);
      const password = form.get('password') ?? '';
      if (password !== form.get('again')) {
        ctx.status = 400;
        return show(parts, ctx, 'These are two different passwords.');
      }
      try {
        const accepted = { secret: param(ctx, 'invitation'), password };
        begin(parts, ctx, await parts.engine.signin.acceptInvitation(accepted, clientOf(ctx)), '/');
      } catch (error) {
        if (!(error instanceof GantryError) || error.code !== 'password-weak') throw error;
        ctx.status = 400;
        await show(parts, ctx, `${error.message}; ${error.next}.`);
      }
    },
  },
];

async function show(parts: WebParts, ctx: Context, refused: string): Promise<void> {
  const { name } = await parts.engine.signin.invitation(param(ctx, 'invitation'));
  ctx.body = await render(parts, ctx, 'invitation', { title: 'Choose a password', events: '' }, { name, refused });
}

/** What an admin sends to the person. */
export const invitationUrl = ({ url }: WebParts, secret: string): string => `${url}/invitation/${secret}`;
