import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../../engine/model/errors';
import type { Logger } from '../../engine/ports/logger';
import { HEALTH_FRESH_MS, HEALTH_LOOK_MS, HEALTH_LOOP_MS } from '../limits';
import { type Found, LOOKS, type Look, type LookedAt, PART_NAMES, type PartName } from './looks';

export interface PartHealth extends Found {
  name: PartName;
  title: string;
  needed: boolean;
  /** When this process first saw it in this state, ms UTC. */
  since: number;
}

export interface Health {
  /** Every needed part is well, and the process is not about to stop. */
  ready: boolean;
  parts: PartHealth[];
}

/** Looks at each part now and then, so that it can tell since when it is as it is. */
export interface HealthMonitor {
  /** As it is now; a look that is younger than `HEALTH_FRESH_MS` counts for all who ask. */
  now(): Promise<Health>;
  /** Safe to call twice. */
  stop(): void;
}

interface Watched extends LookedAt {
  log: Logger;
  stopping: AbortSignal;
}

/** @param parts read when a look is made, so it may still be under construction */
export function startHealthMonitor(parts: () => Watched): HealthMonitor {
  const last = new Map<PartName, PartHealth>();
  const told = new Set<PartName>();
  let looking: { at: number; done: Promise<void> } | undefined;
  const names = () => PART_NAMES.filter((name) => (LOOKS[name] as Look).applies?.(parts()) ?? true);
  const look = async (name: PartName) => {
    const before = last.get(name);
    const now = await lookAt(parts(), name, before);
    last.set(name, now);
    tell(parts(), now, before, told);
  };
  const now = async () => {
    const at = performance.now();
    if (looking === undefined || at - looking.at > HEALTH_FRESH_MS) {
      looking = { at, done: Promise.all(names().map(look)).then(() => undefined) };
    }
    await looking.done;
    const seen = names().map((name) => last.get(name) as PartHealth);
    const well = seen.every(({ needed, state }) => !needed || state !== 'down');
    return { ready: well && !parts().stopping.aborted, parts: seen };
  };
  const timer = setInterval(() => void now(), HEALTH_LOOP_MS);
  timer.unref();
  return { now, stop: () => clearInterval(timer) };
}

/** Said once when it lasts: at the very start, say, Redis is not connected yet. */
function tell({ log }: Watched, now: PartHealth, before: PartHealth | undefined, told: Set<PartName>): void {
  if (now.state === 'up') {
    if (told.delete(now.name)) log.info({ part: now.name }, `${now.title} is well again`);
  } else if (before?.state === now.state && !told.has(now.name)) {
    told.add(now.name);
    log.warn({ part: now.name }, `${now.title}: ${now.found}; ${now.next}`);
  }
}

/** Never rejects: what goes wrong is what was found. */
async function lookAt(parts: Watched, name: PartName, before: PartHealth | undefined): Promise<PartHealth> {
  const look: Look = LOOKS[name];
  const found = await withinLimit(look.look(parts)).catch((error: unknown): Found => {
    const state = look.needed ? 'down' : 'degraded';
    if (before?.state !== state) parts.log.info({ part: name, error: messageOf(error) }, 'a part is not well');
    return { state, found: reasonOf(error), next: look.next };
  });
  const now = parts.engine.parts.clock.now();
  const since = before !== undefined && before.state === found.state ? before.since : now;
  return { name, title: look.title, needed: look.needed, since, ...found };
}

async function withinLimit(look: Promise<Found>): Promise<Found> {
  const limit = new AbortController();
  const late = wait(HEALTH_LOOK_MS, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`no answer within ${HEALTH_LOOK_MS / 1000} s`);
  });
  late.catch(() => undefined); // the look was faster, or the race has told it
  try {
    return await Promise.race([look, late]);
  } finally {
    limit.abort();
  }
}

/** The system's own words name paths: everybody may see this, so only the code is told. */
function reasonOf(error: unknown): string {
  const { code } = error as { code?: string };
  return code === undefined ? messageOf(error) : `does not work (${code})`;
}
