import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type DummyEntry, fileJournal } from '../../../runners/dummy/journal';

const LOOK_MS = 10;

/** What was done in the dummy world of a data folder, as the world itself tells, and no Gantry. */
export class WorldJournal {
  readonly entries: DummyEntry[] = [];
  private readonly journal;

  constructor(home: string) {
    this.journal = fileJournal(join(home, 'dummy', 'journal.jsonl'));
    this.journal.follow((entry) => void this.entries.push(entry));
  }

  /** All of it, up to now. */
  read(): readonly DummyEntry[] {
    this.journal.catchUp();
    return this.entries;
  }

  /** The first entry from this place on that is as wanted; waits for it. */
  async next(from: number, wanted: (entry: DummyEntry) => boolean, limitMs: number): Promise<DummyEntry> {
    const deadline = Date.now() + limitMs;
    for (let seen = from; ; await pause(LOOK_MS)) {
      for (const entries = this.read(); seen < entries.length; seen++) {
        const entry = entries[seen];
        if (entry !== undefined && wanted(entry)) return entry;
      }
      if (Date.now() > deadline) throw new Error(`nothing of the kind has happened in ${limitMs / 1000} s`);
    }
  }
}

/** Effects that were made more than once: instances started, images kept, routes of one version, by their keys. */
export function madeTwice(entries: readonly DummyEntry[]): string[] {
  const standing = new Set<string>();
  const made = new Map<string, number>();
  const count = (key: string): void => void made.set(key, (made.get(key) ?? 0) + 1);
  const images = new Map<string, string>();
  for (const entry of entries) {
    // A name that is taken is a conflict: nothing is made.
    if (entry.does === 'start-instance' && !standing.has(entry.seen.name)) {
      standing.add(entry.seen.name);
      count(`instance ${entry.seen.labels.effect}`);
    }
    if (entry.does === 'remove-instance') standing.delete(entry.name);
    if (entry.does === 'keep-image' && entry.effect !== undefined) {
      // The same image under the same key is there already.
      if (images.get(entry.effect) !== entry.image.imageId) count(`image ${entry.effect}`);
      images.set(entry.effect, entry.image.imageId);
    }
  }
  return [...made].filter(([, times]) => times > 1).map(([key]) => key);
}

/** Names of the instances that stand at the end. */
export function standing(entries: readonly DummyEntry[]): string[] {
  const names = new Set<string>();
  for (const entry of entries) {
    if (entry.does === 'start-instance') names.add(entry.seen.name);
    if (entry.does === 'remove-instance') names.delete(entry.name);
  }
  return [...names];
}
