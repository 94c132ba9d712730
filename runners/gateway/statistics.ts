import type { LaneCounters } from '../../engine/ports/gateway';
import { parseBackendName } from './names';
import type { RuntimeApi } from './runtime-api';
import { parseTable } from './table';

/**
 * Counters of every lane that has met a request. They start at zero when the gateway restarts or reloads, so a reader
 * that finds a smaller number than before starts anew from it.
 */
export async function readCounters(api: RuntimeApi): Promise<LaneCounters[]> {
  return parseCounters(await api.execute('show stat -1 2 -1'));
}

/** From HAProxy's CSV of all backends. */
export function parseCounters(answer: string): LaneCounters[] {
  return parseTable(answer, ',').flatMap((row) => {
    const lane = parseBackendName(row.pxname ?? '');
    const requests = Number(row.req_tot);
    if (lane === undefined || requests === 0) return [];
    const failed = Number(row.econ) + Number(row.eresp);
    // A failed request is answered by HAProxy itself with a 5xx; those are not the app's.
    const errors5xx = Math.max(0, Number(row.hrsp_5xx) - failed);
    return [{ ...lane, requests, errors5xx, failed, sessions: Number(row.scur) }];
  });
}
