import type { EngineParts } from '../parts';
import type { Tables } from '../store/tables';
import { countTimes, formatTimes } from './response-times';

/** How long measured traffic is kept, ms. It is measured only while a gray release is there. */
export const TRAFFIC_KEPT_MS = 3 * 24 * 3_600_000;

export type TrafficRole = 'stable' | 'gray';

/** What one release did in a short span of time, as the gateway counted it. */
export interface TrafficSample {
  environmentId: Tables['environments']['id'];
  role: TrafficRole;
  releaseId: Tables['releases']['id'];
  requests: number;
  /** Answers with a status of 500 and above, and requests without an answer. */
  errors: number;
  /** Response times that were seen, ms; under load not of every request. */
  times: readonly number[];
}

/** Keeps what was measured in the span that ends now. */
export async function recordTraffic(
  parts: EngineParts,
  samples: readonly TrafficSample[],
  spanMs: number,
): Promise<void> {
  if (samples.length === 0) return;
  const at = parts.clock.now();
  const rows = samples.map((sample) => ({
    environment_id: sample.environmentId,
    at,
    role: sample.role,
    release_id: sample.releaseId,
    span_ms: Math.max(1, Math.round(spanMs)),
    requests: sample.requests,
    errors: sample.errors,
    times: formatTimes(countTimes(sample.times)),
  }));
  await parts.store.write(async (tx) => {
    await tx
      .insertInto('traffic_samples')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}

/** Removes what was kept for long enough. */
export async function forgetTraffic(parts: EngineParts): Promise<void> {
  const before = parts.clock.now() - TRAFFIC_KEPT_MS;
  await parts.store.write(async (tx) => {
    await tx.deleteFrom('traffic_samples').where('at', '<', before).execute();
  });
}

/** When traffic of this environment was measured last; 0 when it never was. */
export async function newestTraffic(parts: EngineParts, environmentId: string): Promise<number> {
  const row = await parts.store.read
    .selectFrom('traffic_samples')
    .select((e) => e.fn.max('at').as('at'))
    .where('environment_id', '=', environmentId as never)
    .executeTakeFirst();
  return Number(row?.at ?? 0);
}
