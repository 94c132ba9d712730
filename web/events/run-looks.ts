import type { Engine } from '../../engine/engine';
import type { RunShown } from '../../engine/runs/show';

/** A look is shared for at most this long, ms: what changes without an event is not shown much later. */
const SHARED_MS = 100;
/** Looks that are remembered. */
const LOOKS_KEPT = 50;

interface Look {
  newestEvent: number;
  at: number;
  run: Promise<RunShown>;
}

/** Shows runs. All who follow a run hear of a change at the same moment: they share one look, and nobody sees an old one. */
export class RunLooks {
  private readonly looks = new Map<string, Look>();

  constructor(private readonly engine: Engine) {}

  /** @throws GantryError `app-unknown`, `run-unknown` */
  async show(app: string, number: number): Promise<RunShown> {
    const newestEvent = await this.engine.events.newest();
    const now = this.engine.parts.clock.now();
    const key = `${app}/${number}`;
    const known = this.looks.get(key);
    if (known?.newestEvent === newestEvent && now - known.at < SHARED_MS) return known.run;
    const look = { newestEvent, at: now, run: this.engine.runs.show(app, number) };
    this.looks.delete(key);
    this.looks.set(key, look);
    const [oldest] = this.looks.keys();
    if (this.looks.size > LOOKS_KEPT && oldest !== undefined) this.looks.delete(oldest);
    return look.run;
  }
}
