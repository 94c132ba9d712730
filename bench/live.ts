/** Measures how soon a change that is committed is seen by five browsers, fourteen terminals and the one who pushed. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runBench, type Workshop } from './support/bench';
import { distribution, type Figure, percentile } from './support/figures';
import { House } from './support/house';
import { Repository } from './support/repository';
import { commandPipeline, shopSources } from './support/shop';
import { type Shown, shownOn, startBrowser, watchPage } from './support/watched-page';

const APP = 'shop';
const PAGES = 5;
const WATCHERS = 14;
/** The steps that count; each ends by itself, one after the other, at times that no poll keeps pace with. */
const STEPS = 60;
const STEP_MS = [610, 770, 930, 690, 870];
const GATHER_MS = 90_000;
/** A run that has the runner's only place until it is cancelled: then everybody is there who wants to see the other. */
const HOLDER = 1;
const RUN = 2;
const RUN_LIMIT_MS = 120_000;

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { folder, settings, cleanup, say } = workshop;
  const house = await House.start(workshop, { dummy: true, concurrency: 1 });
  const browser = await startBrowser(workshop);
  await house.cli('app', 'create', APP);
  const repository = new Repository(join(folder, 'clone'), settings.environment);
  await repository.create();
  repository.write({ ...shopSources(APP, 1), 'gantry.yml': pipeline([['hold', 10 * GATHER_MS]]) });
  await repository.commit('a step that holds the place');
  await repository.push(house.remote(APP), 'main');
  await until('the first run', async () => (await house.run(APP, HOLDER)).steps[1]?.state === 'running');
  const steps = Array.from({ length: STEPS }, (_, i) => [`count-${i}`, STEP_MS[i % STEP_MS.length] ?? 0] as const);
  repository.write({ 'gantry.yml': pipeline(steps) });
  await repository.commit('steps that end one after the other');
  const push = repository.startPush(house.remote(APP), 'main', cleanup);
  const runs = async () => (await house.call<{ items: { number: number }[] }>('GET', '/runs')).items;
  await until('the second run', async () => (await runs()).some(({ number }) => number === RUN));
  const watchers = Array.from({ length: WATCHERS }, () => house.startCli(cleanup, 'run', 'watch', APP, String(RUN)));
  const address = `${house.url}/apps/${APP}/runs/${RUN}`;
  const pages = await Promise.all(Array.from({ length: PAGES }, () => watchPage(browser, address, house.token)));
  await until('every follower', () => [push, ...watchers].every((terminal) => terminal.hasWritten));
  say(`${PAGES} pages, ${WATCHERS} terminals and the push follow the run`);
  await house.call('POST', `/apps/${APP}/runs/${HOLDER}/cancel`, {});
  const run = await house.untilEnded(APP, RUN, { everyMs: 500, limitMs: RUN_LIMIT_MS });
  await Promise.all([push, ...watchers].map((terminal) => terminal.untilEnded()));
  await Promise.all(pages.map((page) => page.waitForSelector('#run-head .state-succeeded')));
  const shown = await Promise.all(pages.map(shownOn));
  const ends = run.steps
    .filter(({ kind, state }) => kind === 'command' && state === 'succeeded')
    .map(({ name, endedAt }) => ({ name, at: endedAt ?? 0 }));
  if (ends.length !== STEPS) throw new Error(`${ends.length} of ${STEPS} steps succeeded: ${run.reason}`);
  const times = {
    page: shown.flatMap(({ steps }) => delays('a page', ends, (name) => steps[name])),
    terminal: watchers.flatMap(({ seen }) => delays('a terminal', ends, (name) => seen.get(name))),
    push: delays('the push', ends, (name) => push.seen.get(name)),
  };
  return judge(times, shown, say);
}

/** @throws Error when something was never seen: what is lost must not look fast */
function delays(
  who: string,
  ends: readonly { name: string; at: number }[],
  seenAt: (name: string) => number | undefined,
): number[] {
  return ends.map(({ name, at }) => {
    const seen = seenAt(name);
    if (seen === undefined) throw new Error(`${who} has never told the end of ${name}`);
    return seen - at;
  });
}

function judge(
  times: { page: number[]; terminal: number[]; push: number[] },
  shown: readonly Shown[],
  say: (line: string) => void,
): Figure[] {
  const lines = shown.flatMap(({ linesMs }) => linesMs);
  const all = [...times.page, ...times.terminal, ...times.push];
  say('');
  say(`${STEPS} steps end, ms from the commit in SQL until it is seen:`);
  say(`  in ${PAGES} pages of Chromium      ${distribution(times.page)}`);
  say(`  by ${WATCHERS} gantry run watch       ${distribution(times.terminal)}`);
  say(`  by the git push             ${distribution(times.push)}`);
  say(`a line is logged, ms until it is in the page:`);
  say(`  ${lines.length} times                  ${distribution(lines)}`);
  return [
    { name: 'followers', value: PAGES + WATCHERS + 1, goal: { atLeast: 20 } },
    { name: 'updates', value: all.length },
    { name: 'update_ms_p50', value: percentile(all, 0.5) },
    { name: 'update_ms_p99', value: percentile(all, 0.99), goal: { atMost: 300 } },
    { name: 'log_ms_p50', value: percentile(lines, 0.5) },
    { name: 'log_ms_p99', value: percentile(lines, 0.99) },
  ];
}

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + GATHER_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${GATHER_MS / 1000} s`);
    await pause(20);
  }
}

function pipeline(commands: readonly (readonly [name: string, ms: number])[]): string {
  const lines = commands.map(([name, ms]) => {
    const env = `{ DUMMY_SLEEP_MS: "${ms}", DUMMY_LOG: "${name} works" }`;
    return `{ name: ${name}, in: gantry/node, run: "true", env: ${env} }`;
  });
  return commandPipeline(APP, lines);
}

void runBench('live', measure);
