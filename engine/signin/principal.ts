import type { Action } from '../users/actions';
import type { User } from '../users/token';

/** Who asks, and how they have proved it. */
export interface Principal {
  user: User;
  /**
   * `token`: somebody, or a program, that holds a token; also a browser in which only a token was pasted.
   * `session`: a person who signed in as themselves.
   */
  by: 'token' | 'session';
  /** What the token may at most; null: all that its user may. */
  scopes: readonly Action[] | null;
  /** Name of the only app that the token is for; null: every app of its user. */
  app: string | null;
  /** Name of the token itself, when one asks. */
  token?: string;
  /** Id of the session that asks; null for a token. */
  session: string | null;
  kind: 'browser' | 'command' | null;
  /** When a second factor was last shown, ms UTC; null: never. */
  secondFactorAt: number | null;
}
