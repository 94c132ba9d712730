/** What Gantry has said yes to: an answer with a 2xx, or a push that Git called done. Each must come to one outcome. */
export class Accepted {
  readonly pushes: { app: string; ref: string; commit: string }[] = [];
  readonly hooks: { app: string; delivery: string }[] = [];
  readonly apps: string[] = [];
  /** Calls that began a run, or decided about one. */
  readonly runs: { app: string; number: number; by: 'approve' | 'cancel' | 'rollback' }[] = [];

  get count(): number {
    return this.pushes.length + this.hooks.length + this.apps.length + this.runs.length;
  }
}
