import type { PersonInChange } from '../../engine/approvals/part';
import type { CommitFacts } from '../../engine/ports/sources';

/** More than that nobody can answer for; and nobody may hide behind them. */
const COMMITS_MAX = 5_000;

export interface Authors {
  people: PersonInChange[];
  /** Why nobody can answer for all of them; empty: somebody can. */
  problem: string;
}

/**
 * Who wrote, committed or merged what comes beyond a commit.
 * @param since null: beyond none; then the last commits are enough
 * @param history reads so many of them, newest first
 */
export async function readAuthors(
  since: string | null,
  history: (limit: number) => Promise<readonly CommitFacts[]>,
): Promise<Authors> {
  const commits = await history(COMMITS_MAX + 1);
  const isTooMany = since !== null && commits.length > COMMITS_MAX;
  return {
    people: commits.flatMap(peopleOf),
    problem: isTooMany ? `it brings more than ${COMMITS_MAX} commits beyond what is in production` : '',
  };
}

function peopleOf({ commit, email, committerEmail, message, parents }: CommitFacts): PersonInChange[] {
  const trailers = message.matchAll(/^co-authored-by:[^<>\n]*<([^<>\s]+)>[ \t\r]*$/gim);
  const known = (part: PersonInChange['part'], name: string): PersonInChange => ({ part, kind: 'email', name, commit });
  return [
    known(parents.length > 1 ? 'merger' : 'author', email),
    known('committer', committerEmail),
    ...[...trailers].map(([, name = '']) => known('co-author', name)),
  ];
}
