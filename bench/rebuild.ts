/** Measures how long the queue takes to hold a hint of each of 10,000 ready steps again, after Redis was flushed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { runBench, type Workshop } from './support/bench';
import { distribution, type Figure } from './support/figures';
import { House } from './support/house';
import { Repository } from './support/repository';
import { commandPipeline, shopSources } from './support/shop';

const APP = 'shop';
const RUNS = 100;
const STEPS_PER_RUN = 100;
const STEPS = RUNS * STEPS_PER_RUN;
/** Pushes in one `git push`. */
const PUSHED_AT_ONCE = 25;
const ROUNDS = 5;
const LIMIT_MS = 120_000;
/** Where BullMQ keeps what waits, and what a runner has heard and keeps for want of a free place. */
const LISTS = ['bull:gantry-steps:wait', 'bull:gantry-steps:active'];

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { folder, settings, cleanup, say } = workshop;
  const house = await House.start(workshop, { dummy: true, concurrency: 1 });
  await house.cli('app', 'create', APP);
  const repository = new Repository(join(folder, 'clone'), settings.environment);
  await repository.create();
  await hold(house, repository);
  await pile(house, repository);
  const redis = redisOf(house.home);
  cleanup.later(() => redis.disconnect());
  const records = new Database(join(house.home, 'gantry.db'), { readonly: true });
  cleanup.later(() => void records.close());
  const steps = await untilPiled(records);
  const equal = () => holdsAll(redis, steps);
  await until('the queue as it is to be', equal);
  say(`${steps.length} steps are ready, and the queue has a hint of each`);
  const rounds: number[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await rebuild(redis, equal));
  say(`from FLUSHALL until it has them again, ms   ${distribution(rounds)}`);
  return [
    { name: 'steps', value: steps.length, goal: { atLeast: STEPS } },
    { name: 'rounds', value: rounds.length },
    { name: 'rebuild_ms', value: Math.max(...rounds), goal: { atMost: 10_000 } },
  ];
}

/** One run takes the runner's only place, so that nothing of the others is begun. */
async function hold(house: House, repository: Repository): Promise<void> {
  repository.write({ ...shopSources(APP, 1), 'gantry.yml': pipeline(['hold'], LIMIT_MS * 10) });
  await repository.commit('a step that holds the place');
  await repository.push(house.remote(APP), 'work-hold');
  await until('the step that holds the place', async () => (await house.run(APP, 1)).steps[1]?.state === 'running');
}

async function pile(house: House, repository: Repository): Promise<void> {
  const names = Array.from({ length: STEPS_PER_RUN }, (_, i) => `step-${i}`);
  repository.write({ 'gantry.yml': pipeline(names, 0) });
  await repository.commit('many steps');
  for (let i = 0; i < RUNS; i += PUSHED_AT_ONCE) {
    const branches = Array.from({ length: PUSHED_AT_ONCE }, (_, n) => `work-${i + n}`);
    await repository.pushAll(house.remote(APP), branches);
  }
}

/** The hints of what is ready, as soon as every run is planned. */
async function untilPiled(records: Database.Database): Promise<string[]> {
  const ready = records
    .prepare("select id || '.' || epoch from steps where state = 'ready' and kind = 'command'")
    .pluck();
  await until(`${STEPS} ready steps`, () => ready.all().length >= STEPS);
  return ready.all() as string[];
}

async function holdsAll(redis: Redis, steps: readonly string[]): Promise<boolean> {
  const lists = await Promise.all(LISTS.map((list) => redis.lrange(list, 0, -1)));
  const held = new Set(lists.flat());
  return steps.every((step) => held.has(step));
}

/** @returns milliseconds from the flush until the queue is equal to SQL */
async function rebuild(redis: Redis, equal: () => Promise<boolean>): Promise<number> {
  await redis.flushall();
  const began = performance.now();
  if (await equal()) throw new Error('the queue was not flushed');
  await until('the queue as it was', equal);
  return performance.now() - began;
}

function redisOf(home: string): Redis {
  const text = readFileSync(join(home, 'redis', 'redis.conf'), 'utf8');
  const setting = (name: string): string => new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? '';
  return new Redis({ host: '127.0.0.1', port: Number(setting('port')), password: setting('requirepass') });
}

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${LIMIT_MS / 1000} s`);
    await pause(20);
  }
}

function pipeline(names: readonly string[], ms: number): string {
  const env = `{ DUMMY_SLEEP_MS: "${ms}" }`;
  const commands = names.map((name) => `{ name: ${name}, in: gantry/node, run: "true", env: ${env}, timeout: 30m }`);
  return commandPipeline(APP, commands, { on: '{ branches: ["work-*"] }' });
}

void runBench('rebuild', measure);
