/**
 * A file that only grows, outside of the database, best on another machine: heads of the audit's chains are written to
 * it, so that a tail that was cut off is found. One process appends at a time (a term); any may read.
 */
export interface Anchors {
  /** Where it lies, for people. */
  readonly where: string;
  /** Its lines without their ends, oldest first; none when there is no file yet. */
  lines(): AsyncIterable<string>;
  /** Its bytes: whoever has read it sees by them whether somebody else has written. */
  size(): Promise<number>;
  /** Adds one line. Resolves when the disk has it. */
  append(line: string): Promise<void>;
}
