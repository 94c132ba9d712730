import type { UserId } from '../model/ids';
import { statement } from '../store/statement';
import type { Reader } from '../store/store';

/** By what somebody is known elsewhere: `{ kind: 'email', name: 'ada@example.com' }`, `{ kind: 'github', name: 'ada' }`. */
export interface Identity {
  kind: string;
  name: string;
}

/** `user:ada`, `ada`, `github:ada`: as who pushes and starts is written down. */
export function identityOf(actor: string): Identity {
  const colon = actor.indexOf(':');
  const [kind, name] = colon === -1 ? ['user', actor] : [actor.slice(0, colon), actor.slice(colon + 1)];
  return { kind, name };
}

/** As identities are stored and compared: neither mail nor forges tell accounts apart by case. */
export const spellIdentity = ({ kind, name }: Identity): Identity => ({
  kind: kind.trim().toLowerCase(),
  name: name.trim().toLowerCase(),
});

/** The persons behind these identities, each once; identities that nobody has are left out. */
export async function peopleOf(db: Reader, identities: readonly Identity[]): Promise<readonly UserId[]> {
  if (identities.length === 0) return [];
  const wanted = identities.map(spellIdentity);
  const [only] = wanted;
  if (only !== undefined && wanted.length === 1) return (await personBehind(db, only)).map(({ user_id }) => user_id);
  const rows = await db
    .selectFrom('identities')
    .select('user_id')
    .distinct()
    .where(({ eb, or, and }) => or(wanted.map(({ kind, name }) => and([eb('kind', '=', kind), eb('name', '=', name)]))))
    .orderBy('user_id')
    .execute();
  return rows.map(({ user_id }) => user_id);
}

const personBehind = statement<Identity, { user_id: UserId }>((db, argument) =>
  db
    .selectFrom('identities')
    .select('user_id')
    .where('kind', '=', argument('kind'))
    .where('name', '=', argument('name')),
);
