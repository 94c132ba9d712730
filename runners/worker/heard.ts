/** Hints that were heard, and stay in the queue until there is a place for what they stand for. */
export class Heard {
  private readonly waiting: (() => void)[] = [];

  /** Resolves with the next `letGo`. */
  keep(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  letGo(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
