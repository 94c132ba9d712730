/** A map that keeps its newest entries: what is put into it last pushes the oldest out. */
export class Recent<Key, Value> {
  private readonly kept = new Map<Key, Value>();

  /** @param limit entries that are kept */
  constructor(private readonly limit: number) {}

  get(key: Key): Value | undefined {
    return this.kept.get(key);
  }

  /** @returns the value */
  put(key: Key, value: Value): Value {
    this.kept.set(key, value);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.limit) break;
      this.kept.delete(oldest);
    }
    return value;
  }

  forget(key: Key): void {
    this.kept.delete(key);
  }
}
