import { path } from '../api/client';
import { type Granted, ROLE_NAMES } from '../api/types';
import type { Command, Context, Outcome } from '../command';
import { grantWords } from '../format/people';
import type { Input } from '../input';
import { USER } from './user';

export const ROLE = { name: 'ROLE', help: `one of ${ROLE_NAMES.join(', ')}` };
export const AT_APP = { app: { value: 'APP', help: 'the app at which it holds (else all apps)' } } as const;

/** Gives a role to a user or a team, or takes it. */
export async function changeRole(
  input: Input,
  { api }: Context,
  holder: { user: string } | { team: string },
  verb: 'grant' | 'revoke',
): Promise<Outcome> {
  const app = input.option('app');
  const at = app === undefined ? '/roles' : path`/apps/${app}/roles`;
  const json = await api.post<Granted>(`${at}/${verb}`, { ...holder, role: input.argument('ROLE') });
  return { json, text: grantWords(json, verb === 'grant') };
}

export const roleGrant: Command = {
  name: 'role grant',
  summary: 'gives a user a role at an app, or for all apps',
  arguments: [USER, ROLE],
  options: AT_APP,
  details: 'What each role may: docs/people.md. Nobody gives a role to themselves.',
  examples: ['gantry role grant ada release-manager --app storefront', 'gantry role grant ben auditor'],
  run: (input, context) => changeRole(input, context, { user: input.argument('USER') }, 'grant'),
};

export const roleRevoke: Command = {
  name: 'role revoke',
  summary: 'takes a role from a user: the next request is judged by it',
  arguments: [USER, ROLE],
  options: AT_APP,
  run: (input, context) => changeRole(input, context, { user: input.argument('USER') }, 'revoke'),
};
