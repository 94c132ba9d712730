import { GantryError } from '../model/errors';
import type { Reader } from '../store/store';
import type { PersonInChange } from './part';

/** Addresses of one statement: both databases limit the values of one. */
const ROWS = 500;

/**
 * A commit whose author and committer lead to nobody is held against its pushers; when one of them is not known either,
 * whoever wrote it might decide over it.
 * @throws GantryError `gate-cannot-open` with the address to link
 */
export async function demandKnown(
  db: Reader,
  gate: string,
  people: readonly PersonInChange[],
  arePushersKnown: boolean,
): Promise<void> {
  if (arePushersKnown) return;
  const linked = await linkedOf(db, [...new Set(people.map(({ name }) => name.trim().toLowerCase()))]);
  const known = new Set<string | undefined>();
  for (const { part, commit, name } of people) {
    if (part !== 'co-author' && linked.has(name.trim().toLowerCase())) known.add(commit);
  }
  const stranger = people.find(
    ({ part, commit }) => part !== 'co-author' && commit !== undefined && !known.has(commit),
  );
  if (stranger === undefined) return;
  throw new GantryError(
    'conflict',
    'gate-cannot-open',
    `${gate} could never open: commit ${stranger.commit?.slice(0, 12)} is by ${stranger.name}, which is linked to nobody, ` +
      'and it is not known who pushed it',
    `say who that is: gantry user link NAME --email ${stranger.name}`,
  );
}

async function linkedOf(db: Reader, addresses: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (let i = 0; i < addresses.length; i += ROWS) {
    const rows = await db
      .selectFrom('identities')
      .select('name')
      .where('kind', '=', 'email')
      .where('name', 'in', addresses.slice(i, i + ROWS))
      .execute();
    for (const { name } of rows) found.add(name);
  }
  return found;
}
