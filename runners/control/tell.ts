import type { Engine } from '../../engine/engine';
import type { Links } from '../../engine/forges/want';
import type { Means } from '../notify/channel';
import { messages } from '../notify/messages';
import { sendWaiting } from '../notify/send-waiting';
import { posts } from '../status/posts';

/** What a runner tells the world with: people by channels, forges by statuses. */
export interface Telling extends Means {
  links: Links;
}

const FORGET_EVERY_MS = 3_600_000;

/** Tells what has happened: reads it first, then sends what waits. No run waits for it. */
export class Teller {
  private forgotAt: number;

  constructor(
    private readonly engine: Engine,
    private readonly telling: Telling,
  ) {
    this.forgotAt = telling.now();
  }

  /** @param signal aborts when the runner is to stop */
  async turn(signal: AbortSignal): Promise<void> {
    const { engine, telling } = this;
    while ((await engine.outbox.collect(telling.links)) && !signal.aborted);
    await Promise.all([sendWaiting(messages(engine, telling), signal), sendWaiting(posts(engine, telling), signal)]);
    await this.forget();
  }

  private async forget(): Promise<void> {
    const now = this.telling.now();
    if (now - this.forgotAt < FORGET_EVERY_MS) return;
    this.forgotAt = now;
    await this.engine.forges.forget();
  }
}
