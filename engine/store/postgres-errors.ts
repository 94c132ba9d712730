import { GantryError, messageOf } from '../model/errors';

/** Classes and codes of SQLSTATE. */
const TOO_MANY_CONNECTIONS = '53300';
const STARTING = '57P03';
const LOCK_NOT_AVAILABLE = '55P03';
const CANCELED = '57014';
const READ_ONLY = '25006';
const NO_RIGHT = '42501';
/** A statement that is kept planned tells of columns that have changed since. */
const CHANGED = '0A000';
/** 08: connection; 57P: the server stops; 25P03: it ended a session that had stood still in a transaction. */
const LOST = /^(08...|57P01|57P02|57P03|57P05|25P03)$/;
const NO_SPACE = /^53[12]00$/;
/** The driver's own, which have no code. */
const LOST_WORDS = /connection terminated|timeout exceeded when trying to connect|query read timeout|not queryable/i;
const NETWORK = /^(ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES)$/;

const codeOf = (error: unknown): string => (error as { code?: string } | undefined)?.code ?? '';

/** Whether the server has no place for one more connection just now, or is about to be ready. */
export const isFull = (error: unknown): boolean => [TOO_MANY_CONNECTIONS, STARTING].includes(codeOf(error));

/** Whether nobody knows what became of what was asked, since the connection is gone. */
export const isLost = (error: unknown): boolean =>
  error instanceof GantryError && error.code === 'database-unreachable';

/** Whether its connection can be used no more: it is gone, or keeps statements that will not be answered again. */
export const isUseless = (error: unknown): boolean =>
  isLost(error) || (error instanceof GantryError && error.code === 'database-changed');

/** PostgreSQL's and the network's faults in the words of Gantry; anything else stays what it is. */
export function translate(error: unknown): unknown {
  const code = codeOf(error);
  const words = messageOf(error);
  const told = (name: string, message: string, next: string) =>
    new GantryError('unavailable', name, message, next, { cause: error });
  if (LOST.test(code) || NETWORK.test(code) || (code === '' && LOST_WORDS.test(words)))
    return told(
      'database-unreachable',
      `PostgreSQL cannot be reached: ${words}`,
      'look whether it runs, then try again',
    );
  if (code === TOO_MANY_CONNECTIONS)
    return told(
      'database-busy',
      `PostgreSQL has no connection free: ${words}`,
      'try again; if it stays so, raise max_connections (10 for each process of Gantry)',
    );
  if (code === LOCK_NOT_AVAILABLE)
    return told(
      'database-locked',
      `another process held the records for too long: ${words}`,
      'look for a tool that keeps a transaction open (pg_stat_activity), and try again',
    );
  if (code === CANCELED)
    return told(
      'database-slow',
      `PostgreSQL took too long: ${words}`,
      'look at its load (pg_stat_activity), try again',
    );
  if (NO_SPACE.test(code))
    return told('database-full', `PostgreSQL has no space left: ${words}`, 'make space on its disk, then try again');
  if (code === READ_ONLY)
    return told(
      'database-read-only',
      `PostgreSQL accepts no changes: ${words}`,
      'name the server that does in GANTRY_DATABASE_URL (this one is a standby, or was set read-only)',
    );
  if (code === CHANGED)
    return told(
      'database-changed',
      `PostgreSQL refuses it since a newer Gantry has changed the schema: ${words}`,
      'try again; end the processes of the older Gantry',
    );
  if (code === NO_RIGHT)
    return told('database-rights', `PostgreSQL refuses it: ${words}`, 'see docs/operations.md, "PostgreSQL"');
  return error;
}
