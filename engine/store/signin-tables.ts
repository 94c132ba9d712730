import type { UserId } from '../model/ids';

/** How people get in: engine/signin. What opens something is kept only as its sha256. */
export interface SigninTables {
  /** Browsers and command lines in which somebody is signed in. */
  signin_sessions: {
    hash: string;
    /** For people, to name it. */
    id: string;
    user_id: UserId;
    kind: SigninKind;
    /** What was shown to begin it. */
    proof: SigninProof;
    /** The token that was shown; the session ends with it. */
    token_hash: string | null;
    /** What is still missing before it opens anything. */
    stage: SigninStage;
    made_at: number;
    seen_at: number;
    ends_at: number;
    second_factor_at: number | null;
    /** What the browser calls itself. */
    agent: string;
    address: string;
  };
  passwords: { user_id: UserId; hash: string; set_at: number };
  /** Seeds of authenticator apps. */
  second_factors: {
    user_id: UserId;
    /** Text of the vault. */
    seed: string;
    made_at: number;
    /** When its first code was shown; null: it opens nothing yet. */
    proven_at: number | null;
    /** The newest period whose code was taken: none is taken twice. */
    last_period: number;
  };
  recovery_codes: { hash: string; user_id: UserId; used_at: number | null };
  invitations: { hash: string; user_id: UserId; made_by: string; made_at: number; ends_at: number };
  /** Attempts that failed, by what they are counted by: signin/waits.ts. */
  signin_waits: { key: string; failures: number; until: number; last_at: number };
  /** Where somebody has signed in. */
  signin_addresses: { user_id: UserId; address: string; seen_at: number };
  /** Command lines that wait for a person to let them in. */
  login_requests: {
    hash: string;
    /** What the person compares. */
    code: string;
    agent: string;
    address: string;
    ends_at: number;
    /** Null: nobody has decided. */
    decision: 'yes' | 'no' | null;
    user_id: UserId | null;
    /** Of the browser that let it in: where only a token was pasted, that is all that there is. */
    proof: 'token' | 'browser' | null;
    second_factor_at: number | null;
  };
  /** Persons as an OpenID provider knows them. */
  provider_links: { issuer: string; subject: string; user_id: UserId; linked_at: number };
}

export type SigninKind = 'browser' | 'command';
export type SigninProof = 'token' | 'password' | 'provider' | 'browser';
export type SigninStage =
  /** Everything was shown. */
  | 'open'
  /** The second factor is to follow. */
  | 'code'
  /** There is no second factor yet, and this person must have one. */
  | 'enrol';
