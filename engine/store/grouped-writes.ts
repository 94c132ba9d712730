import { AsyncLocalStorage } from 'node:async_hooks';
import { sql, type Transaction } from 'kysely';
import { statement } from './statement';
import type { Tables } from './tables';
import type { Flush } from './wal-flush';

type Tx = Transaction<Tables>;

/**
 * Transactions of callers that share one commit at most; others wait for the next one. Few enough that whoever came
 * first goes on while others still write: when a hundred steps end at once, they do not wait for each other at each step.
 */
export const GROUP_MAX = 16;
/**
 * Turns of the event loop in which nobody comes any more, and turns at most, before a group is written. An idle process
 * makes them in some 20 µs; in a busy one each of them goes on with other steps, which are about to write as well.
 */
const QUIET_TURNS = 4;
const TURNS_MAX = 24;

const setSavepoint = statement<object, never>(() => sql`savepoint one`);
const releaseSavepoint = statement<object, never>(() => sql`release one`);
const rollBackToSavepoint = statement<object, never>(() => sql`rollback to one`);

/** Makes one transaction; resolves when it is committed. */
export type Transact = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

/** The same among others. @param turn `next`: in the commit that comes next, however many wait; default: in order */
export type Write = <T>(work: (tx: Tx) => Promise<T>, turn?: 'next') => Promise<T>;

/** In what somebody does that has a place in the line: its number. */
const places = new AsyncLocalStorage<number>();
let given = 0;

/**
 * Transactions within `act` go before those of acts that began later. Without it a hundred steps that begin at once go
 * through their transactions side by side, and each takes as long as all of them; so the first ones are done soon.
 */
export const inLine = <T>(act: () => T): T => places.run(++given, act);

/** What one caller waits for. */
interface Waiting {
  /** In the line; 0: it goes before all that have one. */
  place: number;
  /** Does the caller's work; resolves with what tells the caller, to be called after the commit. */
  work(tx: Tx): Promise<() => void>;
  refuse(error: unknown): void;
}

/**
 * Transactions that are asked for at the same time share one commit: its fsync is most of what a small transaction
 * costs (docs/decisions/0007). Each is all or nothing by itself, sees the ones that were asked for before it, and is
 * answered only after the commit that they share is on the disk; when that fails, all of them have failed. The next ones
 * are written while the disk is at work.
 * @param transact one transaction of the database
 * @param flush waits until the disk has what was committed
 */
export function groupedWrites(transact: Transact, flush: Flush): Write {
  const waiting: Waiting[] = [];
  let begun = false;
  const begin = (): void => {
    if (begun || waiting.length === 0) return;
    begun = true;
    whenQuiet(waiting, () => {
      const group = waiting.splice(0, GROUP_MAX);
      const written = writeGroup(transact, group).finally(() => {
        begun = false;
        begin();
      });
      void answerGroup(written, flush, group);
    });
  };
  return (work, turn) =>
    new Promise((resolve, reject) => {
      const one: Waiting = {
        place: turn === 'next' ? 0 : (places.getStore() ?? 0),
        work: async (tx) => {
          const answer = await work(tx);
          return () => resolve(answer);
        },
        refuse: reject,
      };
      // Behind the others of that commit: it sees what they wrote.
      if (turn === 'next') waiting.splice(GROUP_MAX - 1, 0, one);
      else waiting.splice(waiting.findLastIndex(({ place }) => place <= one.place) + 1, 0, one);
      begin();
    });
}

function whenQuiet(waiting: readonly Waiting[], act: () => void): void {
  let known = 0;
  let quiet = 0;
  let turns = 0;
  const look = (): void => {
    quiet = waiting.length === known ? quiet + 1 : 0;
    known = waiting.length;
    turns += 1;
    if (quiet >= QUIET_TURNS || turns >= TURNS_MAX || known >= GROUP_MAX) act();
    else setImmediate(look);
  };
  look();
}

/** @returns what tells each caller */
function writeGroup(transact: Transact, group: readonly Waiting[]): Promise<(() => void)[]> {
  return transact(async (tx) => {
    const given: (() => void)[] = [];
    for (const one of group) given.push(await (group.length === 1 ? one.work(tx) : apart(tx, one)));
    return given;
  });
}

/** Never throws: whatever goes wrong is told to whom it concerns. */
async function answerGroup(
  written: Promise<readonly (() => void)[]>,
  flush: Flush,
  group: readonly Waiting[],
): Promise<void> {
  try {
    const answers = await written;
    await flush();
    for (const answer of answers) answer();
  } catch (error) {
    for (const one of group) one.refuse(error);
  }
}

/** A failure takes back the work of this caller only. @throws Error when the whole transaction is broken */
async function apart(tx: Tx, one: Waiting): Promise<() => void> {
  await setSavepoint(tx, {});
  try {
    const answer = await one.work(tx);
    await releaseSavepoint(tx, {});
    return answer;
  } catch (error) {
    try {
      await rollBackToSavepoint(tx, {});
      await releaseSavepoint(tx, {});
    } catch {
      // A full disk takes back the whole transaction, savepoints and all: what went wrong first is the reason for all.
      throw error;
    }
    return () => one.refuse(error);
  }
}
