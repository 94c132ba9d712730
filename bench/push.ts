/** Pushes small commits to Gantry and, in turn, to a bare `git http-backend`, and compares. */
import { join } from 'node:path';
import { startBareRemote } from './support/bare';
import { runBench, type Workshop } from './support/bench';
import { distribution, type Figure, percentile } from './support/figures';
import { House } from './support/house';
import { Repository } from './support/repository';
import { shopSources } from './support/shop';

const APP = 'shop';
/** No pipeline wants it, so that each run ends with its first step and no build disturbs the next push. */
const BRANCH = 'unwanted';
const PUSHES = 200;
/** The first pushes to each side make repositories and warm caches; they are not counted. */
const WARM_UP = 5;

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { folder, settings, say } = workshop;
  const house = await House.start(workshop);
  await house.cli('app', 'create', APP);
  const remotes = { gantry: house.remote(APP), bare: await startBareRemote(workshop) };
  const repository = new Repository(join(folder, 'clone'), settings.environment);
  await repository.create();
  const times = { gantry: [] as number[], bare: [] as number[] };
  for (let i = 0; i < WARM_UP + PUSHES; i++) {
    repository.write({ ...shopSources(APP, i), [`notes/${i % 20}.txt`]: `change ${i}\n` });
    await repository.commit(`change ${i}`);
    // Each side goes first in turn.
    for (const side of i % 2 === 0 ? (['gantry', 'bare'] as const) : (['bare', 'gantry'] as const)) {
      const took = await repository.push(remotes[side], BRANCH);
      if (i >= WARM_UP) times[side].push(took);
    }
  }
  const firstSteps = await firstStepTimes(house);
  say('');
  say(`${PUSHES} pushes to each side, ms from the start of git push to its end:`);
  say(`  Gantry                      ${distribution(times.gantry)}`);
  say(`  bare git http-backend       ${distribution(times.bare)}`);
  say(`stored → first step runs, ms  ${distribution(firstSteps)}`);
  const accept = percentile(times.gantry, 0.99) - percentile(times.bare, 0.99);
  return [
    { name: 'pushes', value: PUSHES },
    { name: 'accept_ms_p50', value: percentile(times.gantry, 0.5) - percentile(times.bare, 0.5) },
    { name: 'accept_ms_p99', value: accept, goal: { atMost: 100 } },
    { name: 'first_step_ms_p50', value: percentile(firstSteps, 0.5), goal: { atMost: 300 } },
    { name: 'first_step_ms_p99', value: percentile(firstSteps, 0.99) },
  ];
}

/** From the moment at which a run was stored to that at which its first step began, for each push. */
async function firstStepTimes(house: House): Promise<number[]> {
  const times: number[] = [];
  for (let number = WARM_UP + 1; number <= WARM_UP + PUSHES; number++) {
    const run = await house.untilEnded(APP, number, { everyMs: 100, limitMs: 30_000 });
    if (run.state !== 'ignored') throw new Error(`run ${number} ended as ${run.state}, not as ignored: ${run.reason}`);
    const began = run.steps[0]?.startedAt;
    if (typeof began !== 'number') throw new Error(`the first step of run ${number} has never begun`);
    times.push(began - run.createdAt);
  }
  return times;
}

void runBench('push', measure);
