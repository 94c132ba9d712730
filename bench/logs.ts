/** Measures how fast a step's output becomes its log, what is lost on the way, and what it costs in memory. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runBench, type Workshop } from './support/bench';
import type { Figure } from './support/figures';
import { House } from './support/house';
import type { Read } from './support/log-readers/messages';
import { LINE_BYTES, writeLines } from './support/log-readers/numbered-lines';
import { Readers } from './support/log-readers/readers';
import { residentMb } from './support/processes';
import { Repository } from './support/repository';
import { commandPipeline, shopSources } from './support/shop';

const APP = 'shop';
const STEP = 'command/flood';
const LINES = 1_000_000;
/** A log that everything is warm after: code that is compiled late, and buffers that are made once. */
const WARM_LINES = 50_000;
const READERS = 20;
/** A terminal on a slow line. */
const SLOW_BYTES_PER_SECOND = 2_000_000;
const LOOK_MS = 100;
const LIMIT_MS = 600_000;

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { folder, settings, say } = workshop;
  const house = await House.start(workshop, { environment: { GANTRY_LOG_LIMIT_MIB: '2048' } });
  await house.cli('app', 'create', APP);
  const repository = new Repository(join(folder, 'clone'), settings.environment);
  await repository.create();
  const flood = async (number: number, lines: number): Promise<Flood> => {
    repository.write({ ...shopSources(APP, number), 'gantry.yml': pipeline(lines) });
    await repository.commit(`a step that writes ${lines} lines`);
    await repository.push(house.remote(APP), 'main');
    return watch(workshop, house, number);
  };
  await flood(1, WARM_LINES);
  const base = residentOf(house);
  say(`${READERS} slow readers; warm after ${WARM_LINES} lines: ${memoryText(base)}`);
  const { seconds, read, highest } = await flood(2, LINES);
  say(`at most: ${memoryText(highest)}`);
  const lost = read.lost.reduce((sum, n, i) => sum + n + LINES - (read.seen[i] ?? 0), 0);
  say(
    `${LINES} lines of ${LINE_BYTES} bytes in ${seconds.toFixed(1)} s; connections cut and gone on with: ${read.resumed}, ` +
      `asked for again because it took too long: ${read.timedOut}`,
  );
  return [
    { name: 'lines_per_s', value: LINES / seconds, goal: { atLeast: 10_000 } },
    { name: 'lost_lines', value: lost, goal: { atMost: 0 } },
    { name: 'rss_growth_mb', value: highest.web - base.web + highest.runner - base.runner, goal: { atMost: 64 } },
    { name: 'readers', value: read.seen.length },
  ];
}

interface Flood {
  /** From the start of the step to its end. */
  seconds: number;
  read: Read;
  /** The most that each had. */
  highest: Resident;
}

/** Follows one run's flood with all readers, and looks at the memory of web and runner until everybody has read it. */
async function watch(workshop: Workshop, house: House, number: number): Promise<Flood> {
  await untilRunning(house, number);
  const readers = await Readers.start(workshop, {
    url: `${house.url}/api/v1/apps/${APP}/runs/${number}/steps/${encodeURIComponent(STEP)}/log`,
    token: house.token,
    readers: READERS,
    slowBytesPerSecond: SLOW_BYTES_PER_SECOND,
  });
  let highest = residentOf(house);
  let over = false;
  const looking = (async () => {
    while (!over) {
      const now = residentOf(house);
      highest = { web: Math.max(highest.web, now.web), runner: Math.max(highest.runner, now.runner) };
      await pause(LOOK_MS);
    }
  })();
  looking.catch(() => undefined); // heard below, unless something else went wrong first
  try {
    const run = await house.untilEnded(APP, number, { everyMs: 100, limitMs: LIMIT_MS });
    const step = run.steps.find(({ name }) => name === STEP);
    readers.hurry();
    const read = await readers.read();
    over = true;
    await looking;
    return { seconds: ((step?.endedAt ?? 0) - (step?.startedAt ?? 0)) / 1_000, read, highest };
  } finally {
    over = true;
  }
}

async function untilRunning(house: House, number: number): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const run = await house.run(APP, number).catch(() => undefined); // the push may not be there yet
    if (run?.steps.find(({ name }) => name === STEP)?.startedAt) return;
    if (run?.endedAt || Date.now() > deadline) throw new Error(`run ${number} has no ${STEP}: ${run?.reason}`);
    await pause(10);
  }
}

/** Memory of each process, MB. */
interface Resident {
  web: number;
  runner: number;
}

function residentOf(house: House): Resident {
  const { web, runner } = house.processes();
  return { web: residentMb(web), runner: residentMb(runner) };
}

const memoryText = ({ web, runner }: Resident): string => `web ${web.toFixed(1)} MB, runner ${runner.toFixed(1)} MB`;

/** The flood ends with a failure, and the run with it: nothing is delivered. */
const pipeline = (lines: number): string => {
  const run = JSON.stringify(`${writeLines(lines)}; exit 1`);
  return commandPipeline(APP, [`{ name: flood, in: gantry/debian, run: ${run}, timeout: 10m }`]);
};

void runBench('logs', measure);
