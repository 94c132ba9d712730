import { type Bell, type BellTrouble, type Hint, hintId, hintOf } from '../../../engine/ports/queue';

/** A queue of hints that loses, doubles and reorders them as it is told. */
export class SimulatedQueue implements Bell {
  hints: Hint[] = [];
  down = false;

  async ring(hint: Hint): Promise<boolean> {
    if (this.down) return false;
    if (!this.hints.some((known) => hintId(known) === hintId(hint))) this.hints.push(hint);
    return true;
  }

  async listen(): Promise<void> {
    // Runners of the simulation look when they are told to.
  }

  state(): 'up' | 'down' {
    return this.down ? 'down' : 'up';
  }

  trouble(): BellTrouble | undefined {
    return undefined;
  }

  async waiting(): Promise<number> {
    return this.down ? 0 : this.hints.length;
  }

  async held(): Promise<ReadonlySet<string> | undefined> {
    return this.down ? undefined : new Set(this.hints.map(hintId));
  }

  async mend({ missing, stale }: { missing: readonly Hint[]; stale: readonly string[] }): Promise<void> {
    if (this.down) return;
    this.hints = this.hints.filter((hint) => !stale.includes(hintId(hint)));
    for (const hint of missing) await this.ring(hint);
  }

  async close(): Promise<void> {
    // It outlives all of them.
  }

  /** A runner has heard what this step was rung for. */
  heard(stepId: string): void {
    this.hints = this.hints.filter((hint) => hint.stepId !== stepId);
  }

  // What happens to it.

  lose(): void {
    this.hints = [];
  }

  /** Everything once more, as after a job that was found stalled. */
  double(): void {
    this.hints.push(...this.hints);
  }

  reorder(): void {
    this.hints.reverse();
  }

  /** Somebody else writes what names no step. */
  noise(): void {
    const hint = hintOf('00000000-0000-7000-8000-000000000000.0');
    if (hint !== undefined) this.hints.push(hint);
  }
}
