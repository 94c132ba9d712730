/** Measures how many steps that do nothing a Gantry carries out, beside bare BullMQ jobs that are kept as safely. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AT_ONCE, startBareQueue } from './support/bare-queue';
import { runBench, type Workshop } from './support/bench';
import { distribution, type Figure, percentile } from './support/figures';
import { gapsOf, lengthOf, type Span } from './support/gaps';
import { House, type Run } from './support/house';
import { postgresPrograms, startPostgres } from './support/postgres';
import { Repository } from './support/repository';
import { commandPipeline, shopSources } from './support/shop';

const APP = 'shop';
const RUNS_IN_FLIGHT = 10;
const STEPS_PER_RUN = 5;
const WAVES = 20;
/** The first waves compile code and make folders; they are not counted. */
const WARM_UP = 2;
const RUN_LIMIT_MS = 60_000;
/** Beside SQLite, to compare: fewer. */
const POSTGRES_WAVES = 8;
/** No file, so that no release can be sealed with it. */
const LINK = 'settings.conf';
/** As many bare jobs beside each wave, so that both sides meet the same moods of the machine. */
const JOBS = 500;

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { house, repository } = await prepare(workshop);
  const bare = await startBareQueue(workshop);
  const waves: Span[][] = [];
  const jobs: number[] = [];
  for (let i = 0; i < WARM_UP + WAVES; i++) {
    const rate = await bare.drain(JOBS);
    const steps = await wave(house, repository, i);
    if (i < WARM_UP) continue;
    jobs.push(rate);
    waves.push(steps);
  }
  return [...judge(waves, jobs, workshop.say), ...(await measureOnPostgres(workshop))];
}

async function prepare(
  workshop: Workshop,
  environment: Record<string, string> = {},
): Promise<{ house: House; repository: Repository }> {
  const house = await House.start(workshop, { dummy: true, concurrency: AT_ONCE, environment });
  await house.cli('app', 'create', APP);
  const repository = new Repository(join(workshop.folder, 'clone'), workshop.settings.environment);
  await repository.create();
  repository.write({ ...shopSources(APP, 1), 'gantry.yml': pipeline() });
  symlinkSync('version.txt', join(repository.folder, LINK));
  await repository.commit('steps that do nothing');
  return { house, repository };
}

/** The same waves with the records in a PostgreSQL on this machine's disk; nothing where there is none. */
async function measureOnPostgres(workshop: Workshop): Promise<Figure[]> {
  const { say } = workshop;
  if (postgresPrograms() === undefined) {
    say('without PostgreSQL, which is not installed: ./gantry test brings it');
    return [];
  }
  const server = await startPostgres(tmpdir());
  workshop.cleanup.later(() => server.remove());
  const folder = join(workshop.folder, 'postgres');
  mkdirSync(folder);
  const { house, repository } = await prepare(
    { ...workshop, folder },
    { GANTRY_DATABASE_URL: server.urlOf('postgres') },
  );
  const waves: Span[][] = [];
  for (let i = 0; i < WARM_UP + POSTGRES_WAVES; i++) {
    const steps = await wave(house, repository, i);
    if (i >= WARM_UP) waves.push(steps);
  }
  const gaps = waves.flatMap((spans) => gapsOf(spans, AT_ONCE));
  const rates = waves.map((spans) => (spans.length * 1000) / lengthOf(spans));
  say(`with PostgreSQL: steps/s         ${distribution(rates)}`);
  say(`  its end → the next one, ms  ${distribution(gaps)}`);
  return [
    { name: 'postgres_steps_per_s', value: percentile(rates, 0.5) },
    { name: 'postgres_gap_ms_p99', value: percentile(gaps, 0.99) },
  ];
}

/** Ten runs at once. The runner is stopped while they are pushed, so that the time of the push is not in the figure. */
async function wave(house: House, repository: Repository, index: number): Promise<Span[]> {
  const { runner } = house.processes();
  const branches = Array.from({ length: RUNS_IN_FLIGHT }, (_, i) => `work-${index}-${i}`);
  process.kill(runner, 'SIGSTOP');
  try {
    await repository.pushAll(house.remote(APP), branches);
  } finally {
    process.kill(runner, 'SIGCONT');
  }
  const spans: Span[] = [];
  for (let i = 1; i <= RUNS_IN_FLIGHT; i++) {
    const run = await house.untilEnded(APP, index * RUNS_IN_FLIGHT + i, { everyMs: 200, limitMs: RUN_LIMIT_MS });
    spans.push(...emptySteps(run));
  }
  return spans;
}

/** @throws Error when one of them did not succeed: what failed early would look fast */
function emptySteps(run: Run): Span[] {
  const steps = run.steps.filter(({ kind }) => kind === 'command');
  const bad = steps.find(({ state }) => state !== 'succeeded');
  if (bad !== undefined || steps.length !== STEPS_PER_RUN) {
    throw new Error(
      `run ${run.number} ended as ${run.state}, its step ${bad?.name ?? '?'} as ${bad?.state}: ${run.reason}`,
    );
  }
  return steps.map(({ startedAt, endedAt }) => ({ startedAt: startedAt ?? 0, endedAt: endedAt ?? 0 }));
}

function judge(waves: readonly Span[][], jobs: readonly number[], say: (line: string) => void): Figure[] {
  const steps = waves.flat();
  const gaps = waves.flatMap((spans) => gapsOf(spans, AT_ONCE));
  const seconds = waves.reduce((sum, spans) => sum + lengthOf(spans), 0) / 1000;
  const perSecond = steps.length / seconds;
  const jobsPerSecond = (jobs.length * JOBS) / jobs.reduce((sum, rate) => sum + JOBS / rate, 0);
  say('');
  say(`${steps.length} steps in ${waves.length} waves of ${RUNS_IN_FLIGHT} runs, ${AT_ONCE} steps at once:`);
  say(`  steps/s, wave by wave       ${distribution(waves.map((s) => (s.length * 1000) / lengthOf(s)))}`);
  say(`  a step, begin to end, ms    ${distribution(steps.map((s) => s.endedAt - s.startedAt))}`);
  say(`  its end → the next one, ms  ${distribution(gaps)}`);
  say(`beside it: bare jobs/s        ${distribution(jobs)}`);
  return [
    { name: 'steps', value: steps.length, goal: { atLeast: 1_000 } },
    { name: 'steps_per_s', value: perSecond },
    { name: 'gap_ms_p50', value: percentile(gaps, 0.5) },
    { name: 'gap_ms_p99', value: percentile(gaps, 0.99), goal: { atMost: 30 } },
    { name: 'bullmq_jobs_per_s', value: jobsPerSecond },
    { name: 'ratio', value: perSecond / jobsPerSecond, goal: { atLeast: 0.2 } },
  ];
}

/**
 * Commands that end at once, beside them a build that does, then a release that is refused: each run ends there, and
 * nothing is rolled out. A build that is refused would do the same, but stop the commands that are still at work.
 */
function pipeline(): string {
  const commands = Array.from(
    { length: STEPS_PER_RUN },
    (_, i) => `{ name: empty-${i}, in: gantry/node, run: "true" }`,
  );
  return commandPipeline(APP, commands, {
    on: '{ branches: ["work-*"] }',
    serve: `files: [{ from: ${LINK}, to: /etc/shop.conf }]`,
  });
}

void runBench('steps', measure);
