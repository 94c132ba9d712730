import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Engine } from '../../../engine/engine';
import type { UserId } from '../../../engine/model/ids';
import { ACTIONS, type Action } from '../../../engine/users/actions';
import type { House } from './house';

/** Somebody beside the first user, with a token of their own. */
export interface Guest {
  name: string;
  token: string;
  /** As `house.ask`, by this person. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body?: unknown): Promise<Response>;
  json<T = Record<string, unknown>>(path: string): Promise<T>;
  /** A stream that stays open: its answer, of which nothing is read yet. */
  open(path: string): Promise<IncomingMessage>;
}

/** @param app where the role holds; all apps when left out */
export async function guestIn(house: House, name: string, role?: string, app?: string): Promise<Guest> {
  const user = await house.engine.users.add({ name, role, app }, 'rule:test');
  return guestWith(house, name, await tokenFor(house.engine, user));
}

/** A token that may what its person may. */
export async function tokenFor(engine: Engine, user: { id: UserId; name: string }): Promise<string> {
  const may = Object.keys(ACTIONS) as Action[];
  return (await engine.signin.createToken(user, { name: 'all', may })).token;
}

/** The same with another token of theirs. */
export function guestWith(house: House, name: string, token: string): Guest {
  const authorization = `Bearer ${token}`;
  const ask: Guest['ask'] = (path, { headers, ...init } = {}) =>
    house.ask(path, { ...init, headers: { ...(headers as Record<string, string>), authorization } });
  return {
    name,
    token,
    ask,
    post: (path, body = {}) =>
      ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    json: async <T>(path: string) => (await (await ask(path)).json()) as T,
    open: async (path) => {
      const request = get(`${house.web.url}${path}`, { headers: { authorization } });
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      return answer;
    },
  };
}

/** The secret of a command line in which somebody has signed in as themselves: it is sent as a token is. */
export async function commandSession({ engine }: House, name = 'owner'): Promise<string> {
  const { signin, parts } = engine;
  const named = parts.store.read.selectFrom('users').select(['id', 'name']).where('name', '=', name);
  const user = await named.executeTakeFirstOrThrow();
  const here = { agent: 'a test', address: '127.0.0.1' };
  const { code, secret } = await signin.askForLogin(here);
  await signin.decideLogin({ user, by: 'session', secondFactorAt: null }, { code, yes: true });
  const taken = await signin.takeLogin(secret, here);
  if (taken.state !== 'begun') throw new Error(`the session of ${name} is ${taken.state}`);
  return taken.session.secret;
}

/** What a refusal says. */
export const refusalOf = async (
  answer: Response,
): Promise<{ status: number; code: string; message: string; next: string }> => {
  const { error } = (await answer.json()) as { error: { code: string; message: string; next: string } };
  return { status: answer.status, ...error };
};
