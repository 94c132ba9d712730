import type { Engine } from '../../engine/engine';
import type { Belonging } from '../../engine/ports/belongings';
import { judge } from '../../engine/retention/judge';
import type { Doubtful } from '../../engine/retention/reaper-report';
import type { World } from '../world';

/** Something is an orphan when looks at least so far apart say so. */
export const GRACE_MS = 20_000;
/** One that the cluster would not give up is asked for again after so long. */
const REFUSED_MS = 3_600_000;

type Orphan = Belonging & { why: string };

/**
 * Removes from the cluster what carries this installation's label and has no live record: what a step left behind that
 * was cut off for good. Nothing goes at the first look, and nothing of gray or production for a missing record alone.
 */
export class Reaper {
  /** Since when each orphan is one, ms UTC. */
  private readonly since = new Map<string, number>();
  /** What the cluster would not give up. */
  private readonly refused = new Map<string, Doubtful>();

  constructor(
    private readonly engine: Engine,
    private readonly world: World,
  ) {}

  /** One look, and the removal of what a look long enough ago has seen as well. */
  async turn(): Promise<void> {
    const { orphans, doubtful } = await this.look(await this.world.belongings.list(['container', 'network']));
    const now = this.engine.parts.clock.now();
    const ids = new Set(orphans.map(({ id }) => id));
    for (const id of this.since.keys()) if (!ids.has(id)) this.forget(id);
    for (const { id } of orphans) if (!this.since.has(id)) this.since.set(id, now);
    const due = orphans.filter(({ id }) => (this.since.get(id) ?? now) <= now - GRACE_MS);
    if (due.length > 0) await this.remove(due, now);
    await this.engine.retention.noteReaped(this.world.cluster.name, { doubtful, left: [...this.refused.values()] });
  }

  /** Another runner looks from now on: what was seen here is old when it is this one's turn again. */
  rest(): void {
    this.since.clear();
    this.refused.clear();
  }

  private forget(id: string): void {
    this.since.delete(id);
    this.refused.delete(id);
  }

  private async look(all: readonly Belonging[]): Promise<{ orphans: Orphan[]; doubtful: Doubtful[] }> {
    const names = all.filter(({ labels }) => labels.role === 'instance').map(({ name }) => name);
    const records = await this.engine.retention.liveRecords(names);
    const orphans: Orphan[] = [];
    const doubtful: Doubtful[] = [];
    for (const one of all) {
      const judgement = judge(one, records);
      if (judgement.is === 'orphan') orphans.push({ ...one, why: judgement.why });
      if (judgement.is === 'doubtful') doubtful.push({ kind: one.kind, name: one.name, why: judgement.why });
    }
    return { orphans, doubtful };
  }

  /** Looks again right before: the records may have caught up, or may not be believed any more. */
  private async remove(due: readonly Orphan[], now: number): Promise<void> {
    const { orphans } = await this.look(due);
    if (orphans.length === 0 || (await this.engine.holds.list()).length > 0) return;
    await this.engine.retention.recordReaping(this.world.cluster.name, orphans);
    for (const one of orphans) {
      const { id, kind, name, why } = one;
      const refusal = await this.world.belongings.remove(one);
      if (refusal === undefined) {
        this.forget(id);
        this.engine.parts.log.info({ kind, name, why }, 'an orphan is removed');
      } else {
        this.since.set(id, now + REFUSED_MS);
        this.refused.set(id, { kind, name, why: refusal });
      }
    }
  }
}
