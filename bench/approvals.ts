/** Plays histories at a gate: votes, roles, links, changes, time; looks whether anything opens that must not. */
import { playHistory } from './support/approvals/play';
import { LIES, PureDoor } from './support/approvals/pure-door';
import { RealDoor } from './support/approvals/real-door';
import { TwinDoor } from './support/approvals/twin-door';
import { runBench, type Workshop } from './support/bench';
import type { Figure } from './support/figures';

const HISTORIES = 100_000;
/** Of these, as many are also played through the engine's verbs and SQL. */
const SAMPLE = 1_000;
/** A lie is found long before. */
const HUNT = 5_000;
const DAY_MS = 86_400_000;

type Say = Workshop['say'];

async function measure({ say }: Workshop): Promise<Figure[]> {
  const first = Math.floor(Date.now() / DAY_MS) * HISTORIES;
  say(`seeds from ${first} on`);
  const pure = await playPure(first, say);
  const real = await playReal(first, say);
  const found = await plant(first, say);
  return [
    { name: 'histories', value: pure.histories, goal: { atLeast: HISTORIES } },
    { name: 'bypasses', value: pure.bypasses + real.bypasses, goal: { atMost: 0 } },
    { name: 'approvals_used', value: pure.used, goal: { atLeast: HISTORIES / 10 } },
    { name: 'real_histories', value: real.histories, goal: { atLeast: SAMPLE } },
    { name: 'differences', value: real.differences, goal: { atMost: 0 } },
    { name: 'planted', value: Object.keys(LIES).length },
    { name: 'planted_found', value: found, goal: { atLeast: Object.keys(LIES).length } },
  ];
}

async function playPure(first: number, say: Say) {
  const told = { histories: 0, bypasses: 0, used: 0 };
  for (let seed = first; seed < first + HISTORIES; seed++) {
    const { bypass, used } = await playHistory(seed, async (world) => new PureDoor(world));
    told.histories += 1;
    told.used += used;
    if (bypass === undefined) continue;
    told.bypasses += 1;
    say(bypass);
  }
  return told;
}

async function playReal(first: number, say: Say) {
  const told = { histories: 0, bypasses: 0, differences: 0 };
  for (let seed = first; seed < first + SAMPLE; seed++) {
    const opened: { real: RealDoor; twin: TwinDoor }[] = [];
    const { bypass } = await playHistory(seed, async (world) => {
      const real = await RealDoor.open(world);
      const twin = new TwinDoor(new PureDoor(world), real);
      opened.push({ real, twin });
      return twin;
    });
    told.histories += 1;
    const [door] = opened;
    await door?.real.close();
    if (bypass !== undefined) told.bypasses += 1;
    if (door?.twin.difference !== undefined) told.differences += 1;
    for (const finding of [bypass, door?.twin.difference]) if (finding !== undefined) say(`seed ${seed}: ${finding}`);
  }
  return told;
}

/** Each lie that the decision is told must let something through, or the oracle is blind. */
async function plant(first: number, say: Say): Promise<number> {
  let found = 0;
  for (const [says, lie] of Object.entries(LIES)) {
    if (await isFound(first, lie)) found += 1;
    else say(`told "${says}", nothing was let through`);
  }
  return found;
}

async function isFound(first: number, lie: (typeof LIES)[string]): Promise<boolean> {
  for (let seed = first; seed < first + HUNT; seed++) {
    const { bypass } = await playHistory(seed, async (world) => new PureDoor(world, lie));
    if (bypass !== undefined) return true;
  }
  return false;
}

void runBench('approvals', measure);
