import { ACTIONS, type Action, MAY, ROLES } from '../../engine/users/actions';
import type { RoleShown } from '../../engine/users/list';
import type { Route } from '../route';
import { render } from './render';

/** Who may what: for those who say so, and for those who audit it. */
export const peoplePageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/people',
    permission: 'page',
    may: 'audit',
    handle: async (parts, ctx) => {
      const [users, teams] = await Promise.all([parts.engine.users.list(), parts.engine.teams.list()]);
      ctx.body = await render(
        parts,
        ctx,
        'people',
        { title: 'People', events: '' },
        {
          users: users.map((user) => ({ ...user, roles: wordsOf(user.roles) })),
          teams: teams.map((team) => ({ ...team, roles: wordsOf(team.roles) })),
          roles: ROLES,
          rights: (Object.keys(ACTIONS) as Action[]).map((action) => ({
            words: ACTIONS[action],
            by: ROLES.map((role) => MAY[role].includes(action)),
          })),
        },
      );
    },
  },
];

/** `qa at ledger`; without an app it holds for all. */
const wordsOf = (roles: readonly RoleShown[]): string[] =>
  roles.map(({ role, app }) => (app === null ? role : `${role} at ${app}`));
