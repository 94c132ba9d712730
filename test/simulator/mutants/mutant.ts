/** A bug that is planted: exact source text, and what stands there instead. */
export interface Mutant {
  id: string;
  /** What is wrong then, one sentence. */
  says: string;
  edits: readonly Edit[];
}

export interface Edit {
  /** From the root of the repository. */
  file: string;
  /** Must stand in the file exactly once. */
  from: string;
  to: string;
}

/** A bug in one file, and in others with it when several guards stand before the same fault. */
export const bug = (
  id: string,
  says: string,
  file: string,
  from: string,
  to: string,
  ...more: readonly Edit[]
): Mutant => ({
  id,
  says,
  edits: [{ file, from, to }, ...more],
});

/** @throws Error when the text to replace is not there exactly once: the mutant must follow the code */
export function mutated(text: string, { file, from, to }: Edit): string {
  const pieces = text.split(from);
  if (pieces.length !== 2) {
    throw new Error(`${file} has the text to mutate ${pieces.length - 1} times, not once: ${from}`);
  }
  return pieces.join(to);
}
