import { GantryError } from '../model/errors';
import type { Reader } from '../store/store';
import type { Identity } from '../users/identities';
import type { PersonInChange } from './part';

/** Addresses of one statement: both databases limit the values of one. */
const ROWS = 500;

/**
 * A commit whose author and committer lead to nobody is held against its pushers; when one of them is not known either,
 * whoever wrote it might decide over it.
 * @param pusher one of the pushers who leads to nobody; `none`: nobody is known to have pushed
 * @throws GantryError `gate-cannot-open` with the address to link
 */
export async function demandKnown(
  db: Reader,
  gate: string,
  people: readonly PersonInChange[],
  pusher: Identity | 'none',
): Promise<void> {
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
      `and ${wordsOf(pusher)}`,
    `say who that is: gantry user link NAME --email ${stranger.name}`,
  );
}

const wordsOf = (pusher: Identity | 'none'): string =>
  pusher === 'none' || pusher.kind === 'forge'
    ? 'it is not known who pushed it'
    : `neither is ${pusher.name} (${pusher.kind}), who pushed`;

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
