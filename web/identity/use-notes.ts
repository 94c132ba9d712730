import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';
import type { Logger } from '../../engine/ports/logger';
import type { Found } from '../../engine/signin/find';

/** Has it written down when tokens and sessions were last used, without a request having to wait for it. */
export class UseNotes {
  private readonly writing = new Map<string, Promise<void>>();

  constructor(
    private readonly engine: Engine,
    private readonly log: Logger,
  ) {}

  note({ by }: Found): void {
    if (this.writing.has(by.hash) || !this.engine.signin.wantsNote(by)) return;
    const written = this.engine.signin
      .noteUse(by)
      .catch((error: unknown) => this.log.warn({ error: messageOf(error) }, 'the last use of a token is not noted'))
      .finally(() => this.writing.delete(by.hash));
    this.writing.set(by.hash, written);
  }

  /** Resolves when nothing is being written any more. */
  async settle(): Promise<void> {
    await Promise.all(this.writing.values());
  }
}
