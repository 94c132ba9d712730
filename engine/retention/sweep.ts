import type { PassId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Reader, Tx } from '../store/store';
import type { RetentionPolicy } from './policy';
import { type Removable, type Removal, type RetentionReport, withRemovals, withStay } from './report';

/** What goes, and how. */
export interface Planned {
  removals: Removal[];
  remove(tx: Tx): Promise<void>;
}

export const NOTHING: Planned = { removals: [], remove: async () => undefined };

/** Rows that one transaction removes at most: other writers wait for it. */
export const ROWS_MAX = 500;

/**
 * One way through everything that retention looks at. A look only notes; a prune removes in small transactions, each of
 * which also writes down what it removed: a pass that is cut off has told everything that it did.
 */
export class Sweep {
  readonly now: number;
  report: RetentionReport;
  /** Runs that went, or would go, with their names: what hangs on them is looked at afterwards. */
  readonly gone = new Map<string, string>();

  /** @param breathe lets other writers go first, between two transactions */
  constructor(
    readonly parts: EngineParts,
    readonly policy: RetentionPolicy,
    private readonly pass: { id: PassId; kind: 'look' | 'prune'; report: RetentionReport },
    private readonly breathe: () => Promise<void>,
  ) {
    this.now = parts.clock.now();
    this.report = pass.report;
  }

  get dry(): boolean {
    return this.pass.kind === 'look';
  }

  /** Removes rows in one transaction, in which it is also decided which. In a look the same is only planned. */
  async rows(plan: (db: Reader) => Promise<Planned>): Promise<void> {
    if (this.dry) {
      const { removals } = await plan(this.parts.store.read);
      this.report = withRemovals(this.report, removals);
      return;
    }
    const before = this.report;
    this.report = await this.parts.store.write(async (tx) => {
      const { removals, remove } = await plan(tx);
      await remove(tx);
      return this.write(tx, removals);
    });
    if (this.report !== before) await this.breathe();
  }

  /** Notes what was removed outside of SQL, or would be; `also` writes what follows from it in the same transaction. */
  async note(removal: Removal, also: (tx: Tx) => Promise<void> = async () => undefined): Promise<void> {
    if (removal.items.length === 0) return;
    if (this.dry) this.report = withRemovals(this.report, [removal]);
    else {
      this.report = await this.parts.store.write(async (tx) => {
        await also(tx);
        return this.write(tx, [removal]);
      });
    }
  }

  /** Notes that something old stays. */
  stays(kind: Removable, why: string): void {
    this.report = withStay(this.report, kind, why);
  }

  /** Notes that something could not be removed. */
  left(kind: Removable, name: string, why: string): void {
    this.report = { ...this.report, left: [...this.report.left, { kind, name, why }] };
  }

  private async write(tx: Tx, removals: readonly Removal[]): Promise<RetentionReport> {
    if (removals.every(({ items }) => items.length === 0)) return this.report;
    const report = withRemovals(this.report, removals);
    const set = { report: JSON.stringify(report) };
    await tx.updateTable('retention_passes').set(set).where('id', '=', this.pass.id).execute();
    return report;
  }
}
