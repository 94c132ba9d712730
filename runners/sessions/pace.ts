import { setTimeout as wait } from 'node:timers/promises';

/** Slows a writer down to a rate: whoever writes more waits until its second is over. */
export class Pace {
  private used = 0;
  private since = Date.now();

  constructor(private readonly bytesPerSecond: number) {}

  /** Resolves when so many bytes more may go, or the signal aborts. */
  async room(bytes: number, signal: AbortSignal): Promise<void> {
    this.used += bytes;
    const ahead = (this.used / this.bytesPerSecond) * 1000 - (Date.now() - this.since);
    if (ahead > 0)
      await wait(ahead, undefined, { signal }).catch(() => undefined); // the loop that writes looks itself
    else this.restart();
  }

  /** Who was slower than the rate has no bytes in hand for later. */
  private restart(): void {
    this.used = 0;
    this.since = Date.now();
  }
}
