import { path } from '../api/client';
import type { List, User, UserAdded } from '../api/types';
import type { Command } from '../command';
import { usageError } from '../errors';
import { roleWords } from '../format/people';
import { table } from '../format/table';
import type { Input } from '../input';

export const USER = { name: 'USER', help: 'name of the user (gantry user list)' };

export const userAdd: Command = {
  name: 'user add',
  summary: 'lets somebody in; with the second person solo mode ends for good',
  arguments: [{ name: 'USER', help: 'a-z and 0-9, in between also ".", "_" and "-"' }],
  options: {
    email: { value: 'ADDRESS', help: 'commits with it are known to be theirs' },
    role: { value: 'ROLE', help: 'what they are from the beginning: docs/people.md lists the roles' },
    app: { value: 'APP', help: 'the app at which the role holds (else all apps)' },
  },
  details: 'Prints an address that opens once, within a day: there they choose their password. Hand it to them alone.',
  examples: ['gantry user add ada --email ada@example.com --role developer --app storefront'],
  async run(input, { api }) {
    const wanted = ['email', 'role', 'app'].map((name) => [name, input.option(name)] as const);
    const given = Object.fromEntries(wanted.filter(([, value]) => value !== undefined));
    const added = await api.post<UserAdded>('/users', { name: input.argument('USER'), ...given });
    const { url, endsAt } = added.invitation;
    const lines = [
      `${added.name} is let in. Their way in, which opens once, until ${new Date(endsAt).toISOString()}:`,
      `  ${url}`,
      ...(added.changes.length === 0 ? [] : ['There are several people now:']),
      ...added.changes.map((change) => `  - ${change}`),
    ];
    return { json: added, text: lines.join('\n') };
  },
};

export const userList: Command = {
  name: 'user list',
  summary: 'lists everybody: their roles, their teams, and by what they are known elsewhere',
  arguments: [],
  options: {},
  async run(_input, { api, out }) {
    const list = await api.get<List<User>>('/users');
    const rows = list.items.map(({ name, enabled, roles, teams, identities }) => [
      enabled ? name : out.paint('dim', `${name} (disabled)`),
      roleWords(roles),
      teams.join(', '),
      identities.map((identity) => `${identity.kind}:${identity.name}`).join(', '),
    ]);
    return { json: list, text: table(['USER', 'ROLES', 'TEAMS', 'KNOWN AS'], rows) };
  },
};

export const userDisable: Command = {
  name: 'user disable',
  summary: 'lets somebody in no more: tokens, sessions, streams and shells end',
  arguments: [USER],
  options: {},
  async run(input, { api }) {
    const json = await api.post<{ name: string; changed: boolean }>(path`/users/${input.argument('USER')}/disable`, {});
    return { json, text: `${json.name} ${json.changed ? 'is' : 'was already'} disabled` };
  },
};

export const userEnable: Command = {
  name: 'user enable',
  summary: 'lets somebody in again who was disabled',
  arguments: [USER],
  options: {},
  async run(input, { api }) {
    const json = await api.post<{ name: string; changed: boolean }>(path`/users/${input.argument('USER')}/enable`, {});
    return { json, text: `${json.name} ${json.changed ? 'may come in again' : 'was not disabled'}` };
  },
};

/** Exactly one of them says who somebody is elsewhere. */
const KNOWN_AS = {
  email: { value: 'ADDRESS', help: 'an e-mail address, as it stands in commits' },
  github: { value: 'LOGIN', help: 'a login at GitHub' },
  gitlab: { value: 'LOGIN', help: 'a login at GitLab' },
  gitea: { value: 'LOGIN', help: 'a login at Gitea' },
  forgejo: { value: 'LOGIN', help: 'a login at Forgejo' },
  gitee: { value: 'LOGIN', help: 'a login at Gitee' },
  bitbucket: { value: 'ID', help: 'an account id at Bitbucket Cloud (557058:…)' },
  'bitbucket-dc': { value: 'LOGIN', help: 'a login at Bitbucket Data Center' },
} as const;

function identityOf(input: Input): { kind: string; name: string } {
  const given = Object.keys(KNOWN_AS).flatMap((kind) => {
    const name = input.option(kind);
    return name === undefined ? [] : [{ kind, name }];
  });
  const [first] = given;
  if (first !== undefined && given.length === 1) return first;
  throw usageError('by what are they known?', 'name one: --email ADDRESS, --github LOGIN, --gitlab LOGIN …');
}

interface Linked {
  user: string;
  kind: string;
  name: string;
  changed: boolean;
}

export const userLink: Command = {
  name: 'user link',
  summary: 'says by which e-mail address, or login at a forge, somebody is known elsewhere',
  arguments: [USER],
  options: KNOWN_AS,
  details: 'What was committed, pushed or merged by it, they did: they cannot approve it.',
  examples: ['gantry user link ada --email ada@example.com', 'gantry user link ada --github ada-l'],
  async run(input, { api }) {
    const json = await api.post<Linked>(path`/users/${input.argument('USER')}/identities`, identityOf(input));
    return { json, text: `${json.user} is ${json.name} (${json.kind})${json.changed ? '' : ' already'}` };
  },
};

export const userUnlink: Command = {
  name: 'user unlink',
  summary: 'says that an e-mail address, or login at a forge, is not somebody any more',
  arguments: [USER],
  options: KNOWN_AS,
  async run(input, { api }) {
    const json = await api.post<Linked>(path`/users/${input.argument('USER')}/identities/remove`, identityOf(input));
    return { json, text: `${json.user} is no longer ${json.name} (${json.kind})` };
  },
};
