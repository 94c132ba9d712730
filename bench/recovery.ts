/** Kills and pauses runners in the middle of steps, and measures how soon others have taken over, beside bare BullMQ. */
import { join } from 'node:path';
import { runBench, type Workshop } from './support/bench';
import { bareTakeover } from './support/faults/bare-takeover';
import { bareRedis } from './support/faults/redis';
import { Pair } from './support/faults/takeover';
import { distribution, type Figure, percentile } from './support/figures';

/** Pairs of runners, each with database and Redis of its own: one alone would need six minutes. */
const PAIRS = 3;
const KILLS = 17;
const PAUSES = 2;
/** Readings of BullMQ, at the same time. */
const BARE = 3;

async function measure({ folder, settings, cleanup, say }: Workshop): Promise<Figure[]> {
  const place = (name: string) => ({
    folder: join(folder, name),
    root: settings.root,
    environment: settings.environment,
    later: (act: () => Promise<void> | void) => cleanup.later(act),
  });
  const bare = place('bare');
  const redis = await bareRedis(bare);
  const readings = Promise.all(Array.from({ length: BARE }, (_, i) => bareTakeover(bare, redis, `long-${i}`)));
  readings.catch(() => undefined); // it is awaited below, when the pairs are done
  const pairs = await Promise.all(Array.from({ length: PAIRS }, (_, i) => Pair.start(place(`pair-${i}`))));
  const took = (await Promise.all(pairs.map((pair) => pair.killRunners(KILLS)))).flat();
  const late = (await Promise.all(pairs.map((pair) => pair.pauseRunners(PAUSES)))).flat();
  const deaths = pairs.flatMap((pair) => pair.deaths());
  if (deaths.length > 0) throw new Error(deaths.join('; '));
  const defaults = await readings;
  say('');
  say(`${took.length} runners killed in the middle of a step, ms until another one acts on it:`);
  say(`  Gantry                      ${distribution(took)}`);
  say(`  bare BullMQ, its defaults   ${defaults.map((ms) => ms.toFixed(0)).join('  ')}`);
  for (const { does, pid } of late) say(`a woken runner (process ${pid}) still did: ${does}`);
  return [
    { name: 'kills', value: took.length, goal: { atLeast: 50 } },
    { name: 'takeover_ms_p50', value: percentile(took, 0.5) },
    { name: 'takeover_ms_p99', value: percentile(took, 0.99), goal: { atMost: 10_000 } },
    { name: 'bullmq_default_ms', value: percentile(defaults, 0.5) },
    { name: 'pauses', value: PAIRS * PAUSES },
    { name: 'late_effects', value: late.length, goal: { atMost: 0 } },
  ];
}

void runBench('recovery', measure);
