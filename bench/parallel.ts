/** Measures how much longer 100 runs of five two-second steps take at once than one such run alone. */
import { join } from 'node:path';
import { runBench, type Workshop } from './support/bench';
import { distribution, type Figure } from './support/figures';
import { House, type Run } from './support/house';
import { Repository } from './support/repository';
import { shopSources } from './support/shop';

const RUNS = 100;
const STEP_MS = 2_000;
/** Steps that take this long, one after the other. */
const LONG_STEPS = ['build-image', 'test/deliver', 'test/verify', 'gray/deliver', 'gray/verify'];
/** Runs that are measured alone; the first one of all compiles code and is not counted. */
const ALONE = 3;
const RUN_LIMIT_MS = 180_000;

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { folder, settings, say } = workshop;
  const house = await House.start(workshop, { dummy: true, concurrency: 2 * RUNS });
  const repository = new Repository(join(folder, 'clone'), settings.environment);
  await repository.create();
  const push = async (app: string): Promise<void> => {
    await house.call('POST', '/apps', { name: app });
    repository.write({ ...shopSources(app, 1), 'gantry.yml': pipeline(app) });
    await repository.commit(`the sources of ${app}`);
    await repository.push(house.remote(app), 'main');
  };
  const alone: number[] = [];
  for (let i = 0; i <= ALONE; i++) {
    await push(`alone-${i}`);
    const run = await ended(house, `alone-${i}`);
    if (i > 0) alone.push(timeOf([run]));
  }
  const apps = Array.from({ length: RUNS }, (_, i) => `app-${i}`);
  await together(house, apps, push);
  // One after the other: a hundred that ask twice a second would take processor time from what is measured.
  const runs: Run[] = [];
  for (const app of apps) runs.push(await ended(house, app));
  return judge(alone, runs, say);
}

/** The runner is stopped while they are pushed, so that all of them begin at once. */
async function together(house: House, apps: readonly string[], push: (app: string) => Promise<void>): Promise<void> {
  const { runner } = house.processes();
  process.kill(runner, 'SIGSTOP');
  try {
    for (const app of apps) await push(app);
  } finally {
    process.kill(runner, 'SIGCONT');
  }
}

/** @throws Error when it did not succeed, or a step was faster than it can be */
async function ended(house: House, app: string): Promise<Run> {
  const run = await house.untilSucceeded(app, 1, { everyMs: 500, limitMs: RUN_LIMIT_MS });
  const quick = LONG_STEPS.find((name) => {
    const step = run.steps.find((one) => one.name === name);
    return !((step?.endedAt ?? 0) - (step?.startedAt ?? 0) >= STEP_MS);
  });
  if (quick === undefined) return run;
  throw new Error(`${quick} of ${app} took less than ${STEP_MS / 1000} s`);
}

/** From the first beginning to the last end, ms. */
function timeOf(runs: readonly Run[]): number {
  const begins = runs.map(({ startedAt }) => startedAt ?? Number.NaN);
  const ends = runs.map(({ endedAt }) => endedAt ?? Number.NaN);
  return Math.max(...ends) - Math.min(...begins);
}

function judge(alone: readonly number[], runs: readonly Run[], say: (line: string) => void): Figure[] {
  const one = alone.reduce((sum, ms) => sum + ms, 0) / alone.length;
  const all = timeOf(runs);
  say('');
  say(`a run of ${LONG_STEPS.length} steps of ${STEP_MS / 1000} s, and what belongs to a release, ms:`);
  say(`  alone                       ${distribution(alone)}`);
  say(`  each of ${runs.length} at once         ${distribution(runs.map((run) => timeOf([run])))}`);
  say(`  all ${runs.length}, first begin to last end   ${all}`);
  return [
    { name: 'runs', value: runs.length, goal: { atLeast: RUNS } },
    { name: 'alone_ms', value: one },
    { name: 'together_ms', value: all },
    { name: 'slowdown', value: all / one, goal: { atMost: 1.1 } },
  ];
}

function pipeline(app: string): string {
  const check = `{ run: "true", in: gantry/node, env: { DUMMY_SLEEP_MS: "${STEP_MS}" } }`;
  return `app: ${app}
serve:
  image: { dockerfile: Dockerfile, args: { DUMMY_SLEEP_MS: "${STEP_MS}" } }
  port: 8080
  health: { path: /health, within: 30s }
  env: { DUMMY_SLEEP_MS: "${STEP_MS}" }
stages:
  test:
    verify: [${check}]
  gray:
    share: 5%
    verify: [${check}]
  production: { keepWarm: 0s }
`;
}

void runBench('parallel', measure);
