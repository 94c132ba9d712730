import type { UserId } from '../model/ids';
import type { Reader } from '../store/store';

/** By what somebody is known elsewhere: `{ kind: 'email', name: 'ada@example.com' }`, `{ kind: 'github', name: 'ada' }`. */
export interface Identity {
  kind: string;
  name: string;
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
  const rows = await db
    .selectFrom('identities')
    .select('user_id')
    .distinct()
    .where(({ eb, or, and }) => or(wanted.map(({ kind, name }) => and([eb('kind', '=', kind), eb('name', '=', name)]))))
    .orderBy('user_id')
    .execute();
  return rows.map(({ user_id }) => user_id);
}
