import { GantryError } from '../model/errors';
import type { TeamId, UserId } from '../model/ids';
import { statement } from '../store/statement';
import type { Reader } from '../store/store';

export interface UserFound {
  id: UserId;
  name: string;
  disabled_at: number | null;
}

/** @throws GantryError `user-unknown` */
export async function findUser(db: Reader, name: string): Promise<UserFound> {
  const row = await db
    .selectFrom('users')
    .select(['id', 'name', 'disabled_at'])
    .where('name', '=', name)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new GantryError(
    'not-found',
    'user-unknown',
    `there is no user "${shown(name)}"`,
    'see who is: gantry user list',
  );
}

/** Undefined when nobody is called so. */
export async function userNamed(db: Reader, name: string): Promise<UserId | undefined> {
  const [row] = await idByName(db, { name });
  return row?.id;
}

const idByName = statement<{ name: string }, { id: UserId }>((db, argument) =>
  db.selectFrom('users').select('id').where('name', '=', argument('name')),
);

export interface TeamFound {
  id: TeamId;
  name: string;
}

/** @throws GantryError `team-unknown` */
export async function findTeam(db: Reader, name: string): Promise<TeamFound> {
  const row = await db.selectFrom('teams').select(['id', 'name']).where('name', '=', name).executeTakeFirst();
  if (row !== undefined) return row;
  throw new GantryError('not-found', 'team-unknown', `there is no team "${shown(name)}"`, 'see them: gantry team list');
}

const shown = (name: string): string => name.slice(0, 80);
