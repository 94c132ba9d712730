/**
 * The doorbell. It carries no work: losing a ring, or all of them, loses nothing, since runners also look into SQL.
 *
 * Contract: `ring` never throws and never waits for a Redis that does not answer; it says whether somebody may have
 * heard. One ring may stand for several hints that came close together: whoever hears it takes what there is.
 * `listen` survives any number of lost connections.
 */
export interface Bell {
  ring(hint: Hint): Promise<boolean>;
  listen(heard: (hint: Hint) => void): Promise<void>;
  state(): 'up' | 'down';
  /** Hints that nobody has taken yet; 0 when it is down. */
  waiting(): Promise<number>;
  close(): Promise<void>;
}

export interface Hint {
  stepId: string;
  epoch: number;
}
