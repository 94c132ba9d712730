import { Gauge, type Registry } from 'prom-client';
import type { Engine } from '../engine/engine';
import { bytesOf, countsOf, EMPTY_REPORT } from '../engine/retention/report';

/** How much is kept, and what retention and reaper did and left. Returns what reads it now. */
export function retentionGauges(engine: Engine, registers: Registry[]): () => Promise<void> {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const stored = gauge('gantry_stored_bytes', 'Bytes of artifacts, and of images that are kept', ['what']);
  const removed = gauge('gantry_retention_removed', 'What the last pass of retention removed', ['what']);
  const freed = gauge('gantry_retention_freed_bytes', 'Bytes that the last pass of retention made free');
  const endedAt = gauge('gantry_retention_timestamp_seconds', 'When the last pass of retention ended');
  const doubtful = gauge('gantry_reaper_doubtful', 'What has no record and waits for people');
  return async () => {
    const measured = await engine.retention.measure();
    const report = measured.lastPrune?.report ?? EMPTY_REPORT;
    for (const [what, bytes] of Object.entries(measured.stored)) stored.set({ what }, bytes);
    removed.reset();
    for (const [what, count] of Object.entries(countsOf(report))) removed.set({ what }, count);
    freed.set(bytesOf(report));
    endedAt.set((measured.lastPrune?.endedAt ?? 0) / 1000);
    doubtful.set(measured.doubtful);
  };
}
