import { setTimeout as wait } from 'node:timers/promises';

/**
 * What the dummy runner plays, said in the pipeline itself: environment variables of `serve`, of a build command, or
 * build arguments. The manual is docs/dummy.md.
 */
export interface DummyScript {
  /** How long it takes: a command until it ends, an instance until it is healthy. */
  sleepMs: number;
  exit: number | undefined;
  log: string[];
  /** Why it cannot be started at all. */
  failStart: string | undefined;
  neverHealthy: boolean;
  outOfMemory: boolean;
}

/** Exit code of a process that the kernel killed. */
export const KILLED = 137;

export function readScript(env: Readonly<Record<string, string>>): DummyScript {
  return {
    sleepMs: numberOf(env.DUMMY_SLEEP_MS) ?? 0,
    exit: numberOf(env.DUMMY_EXIT),
    log: env.DUMMY_LOG ? env.DUMMY_LOG.split(/\\n|\n/) : [],
    failStart: env.DUMMY_FAIL_START || undefined,
    neverHealthy: isOn(env.DUMMY_NEVER_HEALTHY),
    outOfMemory: isOn(env.DUMMY_OOM),
  };
}

/** Waits for `ms`; an abort ends it with the signal's own reason. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ms <= 0) return;
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function numberOf(text: string | undefined): number | undefined {
  const value = Number(text);
  return text === undefined || text === '' || Number.isNaN(value) ? undefined : value;
}

const isOn = (text: string | undefined): boolean => text !== undefined && !['', '0', 'false', 'no'].includes(text);
