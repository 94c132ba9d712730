import { z } from 'zod';
import { ROLES } from '../../../engine/users/actions';
import { IDENTITY_KINDS } from '../../../engine/users/link';
import { listOf, time } from './common';

const name = z.string().max(200);
const role = z.enum(ROLES);
const app = z.string().nullable().describe('name of the app; null: all apps');
const roles = z.array(z.strictObject({ role, app }));
const identity = z.strictObject({ kind: z.enum(IDENTITY_KINDS), name });
const changed = z.boolean().describe('false: it was so before, and nothing was written');

export const newUser = z.strictObject({
  name: name.describe('a-z and 0-9, in between also ".", "_" and "-"'),
  email: name.optional().describe('by which commits are known to be theirs'),
  role: role.optional().describe('what they are from the beginning; nothing when left out'),
  app: z.string().max(200).optional().describe('the app at which the role holds; all apps when left out'),
});

export const userAdded = z.strictObject({
  name: z.string(),
  invitation: z
    .strictObject({ url: z.string(), endsAt: time })
    .describe('whoever opens the address first chooses the password; it is in this answer and nowhere else'),
  changes: z.array(z.string()).describe('sentences: what is different from now on for everybody'),
});

const user = z
  .strictObject({
    name: z.string(),
    enabled: z.boolean(),
    createdAt: time,
    roles: roles.describe('their own; those of their teams are theirs as well'),
    teams: z.array(z.string()),
    identities: z.array(z.strictObject({ kind: z.string(), name: z.string() })),
  })
  .meta({ id: 'User' });
export const userList = listOf(user);

const team = z
  .strictObject({ name: z.string(), createdAt: time, roles, members: z.array(z.string()) })
  .meta({ id: 'Team' });
export const teamList = listOf(team);

export const userEnabled = z.strictObject({ name: z.string(), enabled: z.boolean(), changed });
export const identityWanted = identity;
export const identityLinked = z.strictObject({ user: z.string(), kind: z.string(), name: z.string(), changed });

export const newTeam = z.strictObject({ name });
export const teamAdded = z.strictObject({ name: z.string() });
export const memberWanted = z.strictObject({ user: name });
export const memberChanged = z.strictObject({ team: z.string(), user: z.string(), changed });

export const grantWanted = z.strictObject({
  user: name.optional().describe('exactly one of `user` and `team`'),
  team: name.optional(),
  role,
});
export const granted = z.strictObject({ holder: z.string().describe('`ada`, `team:sre`'), role, app, changed });
