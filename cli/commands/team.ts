import { path } from '../api/client';
import type { List, Team } from '../api/types';
import type { Command } from '../command';
import { roleWords } from '../format/people';
import { table } from '../format/table';
import { AT_APP, changeRole, ROLE } from './role';
import { USER } from './user';

const TEAM = { name: 'TEAM', help: 'name of the team (gantry team list)' };

export const teamAdd: Command = {
  name: 'team add',
  summary: 'makes a team, whose members have its roles',
  arguments: [{ name: 'TEAM', help: 'a-z and 0-9, in between also ".", "_" and "-"' }],
  options: {},
  async run(input, { api }) {
    const json = await api.post<{ name: string }>('/teams', { name: input.argument('TEAM') });
    const next = `gantry team join ${json.name} USER, gantry team grant ${json.name} ROLE`;
    return { json, text: `the team ${json.name} is there, and empty: ${next}` };
  },
};

export const teamList: Command = {
  name: 'team list',
  summary: 'lists the teams: their roles, and who is in them',
  arguments: [],
  options: {},
  async run(_input, { api }) {
    const list = await api.get<List<Team>>('/teams');
    const rows = list.items.map(({ name, roles, members }) => [name, roleWords(roles), members.join(', ')]);
    const text = table(['TEAM', 'ROLES', 'MEMBERS'], rows) || 'No teams yet. Make one: gantry team add NAME';
    return { json: list, text };
  },
};

interface MemberChanged {
  team: string;
  user: string;
  changed: boolean;
}

export const teamJoin: Command = {
  name: 'team join',
  summary: 'makes a user a member of a team, with all of its roles',
  arguments: [TEAM, USER],
  options: {},
  async run(input, { api }) {
    const at = path`/teams/${input.argument('TEAM')}/members`;
    const json = await api.post<MemberChanged>(at, { user: input.argument('USER') });
    return { json, text: `${json.user} is in ${json.team}${json.changed ? '' : ' already'}` };
  },
};

export const teamLeave: Command = {
  name: 'team leave',
  summary: 'takes a user out of a team, and its roles from them',
  arguments: [TEAM, USER],
  options: {},
  async run(input, { api }) {
    const at = path`/teams/${input.argument('TEAM')}/members/remove`;
    const json = await api.post<MemberChanged>(at, { user: input.argument('USER') });
    return { json, text: `${json.user} ${json.changed ? 'is no longer' : 'was not'} in ${json.team}` };
  },
};

export const teamGrant: Command = {
  name: 'team grant',
  summary: 'gives a team a role at an app, or for all apps',
  arguments: [TEAM, ROLE],
  options: AT_APP,
  examples: ['gantry team grant sre operator --app storefront'],
  run: (input, context) => changeRole(input, context, { team: input.argument('TEAM') }, 'grant'),
};

export const teamRevoke: Command = {
  name: 'team revoke',
  summary: 'takes a role from a team, and so from its members',
  arguments: [TEAM, ROLE],
  options: AT_APP,
  run: (input, context) => changeRole(input, context, { team: input.argument('TEAM') }, 'revoke'),
};
