import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';
import type { Logger } from '../../engine/ports/logger';
import type { Refused } from '../../engine/users/refused';
import { REFUSAL_NOTE_MS, REFUSALS_KNOWN_MAX } from '../limits';

/** Has the audit told who was refused what: once in a while for the same, however often it is asked. */
export class RefusalNotes {
  /** When what was last told; the oldest first. */
  private readonly told = new Map<string, number>();
  private readonly writing = new Set<Promise<void>>();

  constructor(
    private readonly engine: Engine,
    private readonly log: Logger,
  ) {}

  /** Resolves when it is written. It does not reject: that somebody is refused must not depend on it. */
  note(refused: Refused): Promise<void> {
    const key = JSON.stringify([refused.user, refused.route, refused.app]);
    const now = this.engine.parts.clock.now();
    const last = this.told.get(key);
    if (last !== undefined && now - last < REFUSAL_NOTE_MS) return Promise.resolve();
    this.told.delete(key);
    this.told.set(key, now);
    const [oldest] = this.told.keys();
    if (this.told.size > REFUSALS_KNOWN_MAX && oldest !== undefined) this.told.delete(oldest);
    const written = this.engine.users
      .noteRefused(refused)
      .catch((error: unknown) =>
        this.log.warn({ error: messageOf(error), ...refused }, 'a refusal is not in the audit'),
      )
      .finally(() => this.writing.delete(written));
    this.writing.add(written);
    return written;
  }

  /** Resolves when nothing is being written any more. */
  async settle(): Promise<void> {
    await Promise.all(this.writing);
  }
}
