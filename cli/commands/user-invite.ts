import { path } from '../api/client';
import type { InvitationMade } from '../api/types';
import type { Command } from '../command';

export const userInvite: Command = {
  name: 'user invite',
  summary: 'makes a way in for somebody new, or who has forgotten the password',
  arguments: [{ name: 'NAME', help: 'of the user' }],
  options: { 'new-second-factor': { help: 'the authenticator app is lost as well: it is set up anew' } },
  details: 'Whoever opens the address first, within a day, chooses the password. Hand it over where nobody else reads.',
  examples: ['gantry user invite rita'],
  async run(input, { api }) {
    const newSecondFactor = input.flag('new-second-factor');
    const made = await api.post<InvitationMade>(path`/users/${input.argument('NAME')}/invitation`, { newSecondFactor });
    return { json: made, text: `${made.url}\nIt opens once, until ${new Date(made.endsAt).toISOString()}.` };
  },
};
