import type { StatusBody } from '../../engine/forges/post';

/** A repository at its forge. */
export interface Repository {
  /** `https://git.bank.example`, without a slash at its end. */
  origin: string;
  /** `team/app`, as the address of the repository has it. */
  path: string;
}

/** A call as a value: made here, carried out in post.ts. */
export interface ApiCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  url: string;
  body?: Readonly<Record<string, unknown>>;
}

export interface StatusWanted extends StatusBody {
  commit: string;
  /** Names the place: `gantry/storefront/test`. */
  context: string;
}

/** A comment that is there. */
export interface CommentSeen {
  id: string;
  text: string;
}

/** What is different from forge to forge. Pure. */
export interface Forge {
  headers(token: string): Readonly<Record<string, string>>;
  /** @param known the forge's own name of the status at this place; only forges that need it give one */
  status(repository: Repository, wanted: StatusWanted, known: string | null): ApiCall;
  /** Where the name of a status is needed later: reads it from the answer. */
  statusId?(answer: unknown): string | undefined;
  /** Answers to a status that say: it is so already. */
  isSo?(status: number, body: string): boolean;
  /** Left out where requests are not told anything. */
  comments?: RequestComments;
}

export interface RequestComments {
  list(repository: Repository, request: string): ApiCall;
  /** Comments of the answer to `list`, as far as they are comments. */
  read(answer: unknown): CommentSeen[];
  /** Writes a comment, or writes over the known one. */
  write(repository: Repository, request: string, text: string, known: string | null): ApiCall;
}
