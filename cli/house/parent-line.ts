import { toCommandError } from '../errors';
import type { HouseReady } from './supervisor';

/** What a background `up` tells the one that started it. */
export type ParentMessage =
  | { type: 'line'; text: string }
  | { type: 'ready'; ready: HouseReady }
  | { type: 'failed'; error: { exit: number; code: string; message: string; next: string } };

/** The line to the process that waits for a background `up`; without such a process it does nothing. */
export class ParentLine {
  readonly isThere = process.connected === true;
  /** Resolves when the waiting process ends before Gantry was ready. */
  readonly lost: Promise<void>;
  private told = false;

  constructor() {
    this.lost = new Promise((resolve) => {
      if (this.isThere) process.once('disconnect', () => (this.told ? undefined : resolve()));
    });
  }

  line(text: string): void {
    this.send({ type: 'line', text });
  }

  ready(ready: HouseReady): void {
    this.told = true;
    this.send({ type: 'ready', ready });
  }

  failed(thrown: unknown): void {
    this.told = true;
    const { exit, code, message, next } = toCommandError(thrown);
    this.send({ type: 'failed', error: { exit, code, message, next } });
    if (process.connected) process.disconnect();
  }

  private send(message: ParentMessage): void {
    if (!process.connected) return;
    // A parent that is gone is found by the event above; what it will not read needs no error.
    process.send?.(message, undefined, {}, () => undefined);
  }
}
