import type { Invariant } from '../simulation';
import { type Picture, pictureOf } from './picture';

/** An invariant that looks at what the last command changed. @param wrong what is wrong; undefined when it holds */
export function always(id: string, says: string, wrong: (picture: Picture) => string | undefined): Invariant {
  return { id, says, check: (sim) => wrong(pictureOf(sim)), reset: (sim) => void pictureOf(sim) };
}

/**
 * One that remembers something over a history, also of what was there at its beginning.
 * @param begin makes a fresh memory
 */
export function remembering<Memory>(
  id: string,
  says: string,
  begin: () => Memory,
  wrong: (picture: Picture, memory: Memory) => string | undefined,
): Invariant {
  let memory = begin();
  return {
    id,
    says,
    check: (sim) => wrong(pictureOf(sim), memory),
    reset: (sim) => {
      memory = begin();
      wrong(pictureOf(sim), memory);
    },
  };
}

/** One that is looked at when faults have stopped and nothing moves any more. */
export function atRest(id: string, says: string, wrong: (picture: Picture) => string | undefined): Invariant {
  return { ...always(id, says, wrong), atRest: true };
}

/** The first complaint about one of these; undefined when there is none. */
export function firstOf<T>(items: Iterable<T>, wrong: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const complaint = wrong(item);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}
