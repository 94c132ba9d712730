import { setTimeout as pause } from 'node:timers/promises';
import type { RequestSample } from '../../engine/ports/gateway';
import { GatewayUnreachableError } from './errors';
import { parseBackendName } from './names';
import { SAMPLES } from './paths';
import type { RuntimeApi } from './runtime-api';

const LOOK_MS = 500;

/**
 * Follows HAProxy's ring of recent requests. The ring is memory of a fixed size: a slow reader loses the oldest lines,
 * traffic never waits. It outlives restarts and reloads of the gateway by connecting again; only a gateway that does
 * not answer at the beginning is an error.
 */
export async function watchSamples(
  api: RuntimeApi,
  slot: number,
  onSample: (sample: RequestSample) => void,
  signal: AbortSignal,
): Promise<void> {
  const onLine = (line: string) => {
    const sample = parseSample(line, slot);
    if (sample !== undefined) onSample(sample);
  };
  let worker = await api.workerPid();
  while (!signal.aborted) {
    await followWorker(api, worker, onLine, signal);
    worker = await nextWorker(api, signal);
  }
}

/** Hands over lines until this worker is replaced, its connection ends, or `signal` aborts. */
async function followWorker(
  api: RuntimeApi,
  worker: string,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const round = new AbortController();
  const stop = () => round.abort();
  signal.addEventListener('abort', stop, { once: true });
  const following = api.lines(`show events ${SAMPLES} -w -n`, onLine, round.signal).catch(ifUnreachable);
  try {
    await Promise.race([following, replaced(api, worker, round.signal)]);
  } finally {
    stop();
    signal.removeEventListener('abort', stop);
    await following;
  }
}

/** A reload leaves our connection with the old worker, which says nothing more; so its successor is looked for. */
async function replaced(api: RuntimeApi, worker: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(LOOK_MS, undefined, { signal }).catch(ifAborted);
    if (!signal.aborted && (await api.workerPid().catch(ifUnreachable)) !== worker) return;
  }
}

async function nextWorker(api: RuntimeApi, signal: AbortSignal): Promise<string> {
  while (!signal.aborted) {
    const worker = await api.workerPid().catch(ifUnreachable);
    if (worker !== undefined) return worker;
    await pause(LOOK_MS, undefined, { signal }).catch(ifAborted);
  }
  return '';
}

/** One line of the ring, `s0_a 200 12`; undefined for other slots and for requests that met no server. */
export function parseSample(line: string, slot: number): RequestSample | undefined {
  const match = /(\S+) (\d{3}) (-?\d+)$/.exec(line);
  const place = parseBackendName(match?.[1] ?? '');
  if (place === undefined || place.slot !== slot) return undefined;
  return { lane: place.lane, status: Number(match?.[2]), responseMs: Math.max(0, Number(match?.[3])) };
}

function ifAborted(error: unknown): void {
  if ((error as Error).name !== 'AbortError') throw error;
}

function ifUnreachable(error: unknown): undefined {
  if (!(error instanceof GatewayUnreachableError)) throw error;
  return undefined;
}
