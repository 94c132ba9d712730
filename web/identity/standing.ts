import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';
import type { Logger } from '../../engine/ports/logger';
import type { Principal } from '../../engine/signin/principal';
import type { Rights } from '../../engine/users/rights';
import { STANDING_LOOK_MS } from '../limits';

/** Do these rights still allow what was begun? */
export type Stands = (rights: Rights) => boolean;

/** Something that stays open for somebody: a stream, a shell. */
export interface Open {
  /** Who it is now; undefined when they have been shut out. */
  again(): Promise<Principal | undefined>;
  stands: Stands;
  /** Called once, when they may no more. */
  end(): void;
}

/** Looks again and again at who has something open, and ends what they may no more. Nobody looks while nothing is. */
export class Standing {
  private readonly open = new Set<Open>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly log: Logger,
  ) {}

  /** Watches it until the answer is called. */
  watch(open: Open): () => void {
    this.open.add(open);
    this.timer ??= setTimeout(() => void this.look(), STANDING_LOOK_MS);
    return () => void this.open.delete(open);
  }

  close(): void {
    this.open.clear();
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    try {
      for (const open of [...this.open]) {
        if (!this.open.has(open) || (await this.mayStay(open))) continue;
        this.open.delete(open);
        open.end();
      }
    } catch (error) {
      this.log.warn({ error: messageOf(error) }, 'who may still stream could not be looked at; trying again');
    }
    this.timer = this.open.size === 0 ? undefined : setTimeout(() => void this.look(), STANDING_LOOK_MS);
  }

  private async mayStay({ again, stands }: Open): Promise<boolean> {
    const principal = await again();
    return principal !== undefined && stands(await this.engine.users.rights(principal));
  }
}
