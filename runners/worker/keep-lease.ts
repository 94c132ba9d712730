import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';
import type { EngineParts } from '../../engine/parts';
import { RENEW_MS, type StepLease } from '../../engine/steps/lease';
import { lookAtLeases, renewLeases, type Standing } from '../../engine/steps/renew';

/** How often it is looked whether the runs of running steps are being ended, ms. */
const ABORT_CHECK_MS = 300;

/** Why a step must stop. */
export type StopReason = 'aborted' | 'timed-out' | 'lease-lost' | 'given-back';

type Halt = (reason: StopReason) => void;

/** Renews the lease, looks for an abort, and ends the step at its time-out. Returns what stops all that. */
export function keepLease({ parts }: Engine, lease: StepLease, halt: Halt): () => void {
  const kept = keptOf.get(parts) ?? new KeptLeases(parts);
  keptOf.set(parts, kept);
  kept.add(lease, halt);
  const limit = setTimeout(() => halt('timed-out'), lease.timeoutMs);
  return () => {
    kept.remove(lease);
    clearTimeout(limit);
  };
}

const keptOf = new WeakMap<EngineParts, KeptLeases>();

/** All leases that a process has: a hundred steps ask no more often than one does. */
class KeptLeases {
  private readonly leases = new Map<StepLease, Halt>();
  private timers: NodeJS.Timeout[] = [];

  constructor(private readonly parts: EngineParts) {}

  add(lease: StepLease, halt: Halt): void {
    this.leases.set(lease, halt);
    if (this.timers.length > 0) return;
    this.timers = [
      // Whenever a lease was taken, it is renewed within this time.
      setInterval(() => this.ask(renewLeases, 'leases could not be renewed'), RENEW_MS),
      setInterval(() => this.ask(lookAtLeases, 'could not look for an abort'), ABORT_CHECK_MS),
    ];
  }

  remove(lease: StepLease): void {
    this.leases.delete(lease);
    if (this.leases.size > 0) return;
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
  }

  private ask(question: typeof renewLeases<StepLease>, trouble: string): void {
    const asked = [...this.leases.keys()];
    question(this.parts, asked).then(
      (found) => this.tell(found),
      (error: unknown) =>
        this.parts.log.warn({ steps: asked.length, error: messageOf(error) }, `${trouble}; trying again`),
    );
  }

  private tell(found: ReadonlyMap<StepLease, Standing>): void {
    for (const [lease, standing] of found) {
      if (standing === 'held') continue;
      this.leases.get(lease)?.(standing === 'ended' ? 'aborted' : 'lease-lost');
    }
  }
}
