/**
 * A bank in small: who is who, who took part in a change, what is bound, and the time. Doors are asked what happens at a
 * gate; the oracle knows this world and nothing of the product.
 */
export interface Person {
  name: string;
  roles: Set<string>;
  /** Addresses that are known to be theirs. */
  mails: Set<string>;
}

export interface GateWorld {
  people: Map<string, Person>;
  /** Addresses of who wrote the change, and names of who pushed and started it. */
  writers: Set<string>;
  actors: Set<string>;
  role: string;
  count: number;
  /** Rises with each change of anything that is bound. */
  bound: number;
  now: number;
}

export const HOUR = 3_600_000;
/** As long as a question stands. */
export const EXPIRES_MS = 24 * HOUR;
/** Roles that decide something: enough in an emergency. */
export const DECIDING = ['qa', 'release-manager', 'operator'];

export const isSolo = ({ people }: GateWorld): boolean => people.size === 1;

export const tookPart = ({ writers, actors }: GateWorld, { name, mails }: Person): boolean =>
  actors.has(name) || [...mails].some((mail) => writers.has(mail));

export type Move =
  | {
      do: 'vote';
      user: string;
      vote: 'yes' | 'no';
      /** The version of what is bound that the page had shown; null: nothing was shown. */
      shown: number | null;
      byToken: boolean;
      breaksGlass: boolean;
    }
  | { do: 'withdraw'; user: string }
  | { do: 'use' }
  | { do: 'change' }
  | { do: 'grant' | 'revoke'; user: string; role: string }
  | { do: 'link'; user: string; mail: string }
  | { do: 'pass'; ms: number };

/** What a door answers. */
export type Answer =
  | { is: 'refused' }
  /** What had been said counts no more, and people are asked again. */
  | { is: 'void' }
  | { is: 'counted'; opens: boolean; reviewDue: boolean }
  | { is: 'rejected' }
  | { is: 'withdrawn'; opens: boolean }
  | { is: 'used' };

/** A gate: the product's decisions, alone or with everything around them. */
export interface Door {
  vote(move: Extract<Move, { do: 'vote' }>): Promise<Answer>;
  withdraw(user: string): Promise<Answer>;
  use(): Promise<Answer>;
  /** The world has changed by this move. */
  follow(move: Move): Promise<void>;
}
