/**
 * The doorbell. It carries no work: losing a ring, or all of them, loses nothing, since runners also look into SQL.
 *
 * Contract: nothing here throws because of Redis, or waits long for one that does not answer; `ring` says whether
 * somebody may have heard. One ring may stand for several hints that came close together: whoever hears it takes what
 * there is. `listen` survives any number of lost connections. Whatever somebody else has put into the queue is never
 * more than noise: it is dropped, and told.
 */
export interface Bell {
  ring(hint: Hint): Promise<boolean>;
  /**
   * @param heard what was heard stays in the queue until this has resolved: whoever has no free place leaves it there;
   * undefined for what is no hint
   */
  listen(heard: (hint: Hint | undefined) => Promise<void>): Promise<void>;
  state(): 'up' | 'down';
  /** What is wrong with a queue that answers; undefined when nothing is, or when it is down. */
  trouble(): BellTrouble | undefined;
  /** Hints that nobody has taken yet; 0 when it is down. */
  waiting(): Promise<number>;
  /** The ids of everything that is in the queue; undefined when it is down. */
  held(): Promise<ReadonlySet<string> | undefined>;
  /** Puts hints into the queue that are missing there, and takes out what is in it under these ids. */
  mend(change: { missing: readonly Hint[]; stale: readonly string[] }): Promise<void>;
  close(): Promise<void>;
}

export interface Hint {
  stepId: string;
  epoch: number;
}

export interface BellTrouble {
  /** One sentence. */
  found: string;
  /** What to do about it. */
  next: string;
}

/** The name of a hint in the queue: the same hint is there once. */
export const hintId = ({ stepId, epoch }: Hint): string => `${stepId}.${epoch}`;

/** Undefined for what is no name of a hint. */
export function hintOf(id: string): Hint | undefined {
  const [, stepId, epoch] = /^([0-9a-f-]{36})\.(\d{1,9})$/.exec(id) ?? [];
  return stepId === undefined ? undefined : { stepId, epoch: Number(epoch) };
}
