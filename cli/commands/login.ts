import { setTimeout as wait } from 'node:timers/promises';
import { KeptSessions } from '../api/kept-sessions';
import type { LoginAsked, LoginTaken } from '../api/types';
import type { Command, Context, Outcome } from '../command';
import { CommandError, EXIT } from '../errors';
import { confirmHere } from '../second-factor';

export const login: Command = {
  name: 'login',
  summary: 'signs this command line in as you, with a browser',
  arguments: [],
  options: { confirm: { help: 'shows your second factor once more, which an approval asks for' } },
  details:
    'It shows a code and an address. Open the address in any browser, sign in, and compare the code. The session is kept ' +
    'in your own folder, for this server, and goes before the token of the data folder.',
  examples: ['gantry login', 'gantry login --url https://gantry.bank.example', 'gantry login --confirm'],
  run: async (input, context) => (input.flag('confirm') ? confirm(context) : begin(context)),
};

async function begin({ api, out, settings }: Context): Promise<Outcome> {
  const asked = await api.post<LoginAsked>('/login', {});
  out.note(`Open ${asked.url}\nand compare the code: ${asked.code}`);
  const session = await untilDecided(asked, () => api.post<LoginTaken>('/login/take', { secret: asked.secret }));
  new KeptSessions(settings.sessionsFile).keep(api.address.url, session);
  const { user, endsAt } = session;
  const text = `Signed in as ${user} at ${api.address.url}, until ${new Date(endsAt).toISOString()}.`;
  return { json: { user, url: api.address.url, endsAt }, text };
}

async function untilDecided({ askEveryMs }: LoginAsked, ask: () => Promise<LoginTaken>) {
  for (;;) {
    const { state, session } = await ask();
    if (session !== null) return session;
    if (state === 'refused') {
      throw new CommandError(
        EXIT.denied,
        'login-refused',
        'this command line was turned away',
        'try again: gantry login',
      );
    }
    await wait(askEveryMs);
  }
}

async function confirm(context: Context): Promise<Outcome> {
  const json = await confirmHere(context);
  return { json, text: 'Confirmed: you may approve for 5 minutes.' };
}

export const logout: Command = {
  name: 'logout',
  summary: 'signs this command line out',
  arguments: [],
  options: {},
  async run(_input, { api, now, settings }) {
    const kept = new KeptSessions(settings.sessionsFile);
    const session = kept.of(api.address.url, now());
    if (session === undefined) return { json: { ended: null }, text: `You are not signed in at ${api.address.url}.` };
    try {
      await api.post('/sessions/current/end', {});
    } catch (error) {
      // A session that has ended there is only to be forgotten here.
      if (!(error instanceof CommandError) || error.exit !== EXIT.denied) throw error;
    }
    kept.forget(api.address.url);
    return { json: { ended: session.user }, text: `Signed out at ${api.address.url}.` };
  },
};
