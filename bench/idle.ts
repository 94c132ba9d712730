/** Measures memory and processor time of a Gantry that has nothing to do, beside processes that only load its packages. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runBench, type Workshop } from './support/bench';
import type { Figure } from './support/figures';
import { House } from './support/house';
import { packagesOf } from './support/packages';
import { nodeOptions, processorSeconds, residentMb } from './support/processes';

/** Before it counts, everybody comes to rest. */
const REST_MS = 20_000;
const WATCH_MS = 30_000;
/** Memory is looked at this often while it counts, and the mean is taken: one look may hit a collection. */
const LOOK_MS = 5_000;

const DIST = join(__dirname, '..');
/** Where each process begins to load. The runner's own main only picks the command. */
const ENTRY = { web: join(DIST, 'web', 'main.js'), runner: join(DIST, 'runners', 'run.js') };

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { say } = workshop;
  const house = await House.start(workshop);
  await house.cli('app', 'create', 'shop');
  const gantry = house.processes();
  const loaders = {
    web: startLoader(workshop, packagesOf(ENTRY.web), nodeOptions(gantry.web)),
    runner: startLoader(workshop, packagesOf(ENTRY.runner), nodeOptions(gantry.runner)),
  };
  say(`resting for ${REST_MS / 1000} s, then watching for ${WATCH_MS / 1000} s`);
  await pause(REST_MS);
  const pids = [gantry.web, gantry.runner, pidOf(loaders.web), pidOf(loaders.runner)] as const;
  const began = performance.now();
  const before = pids.map(processorSeconds);
  const looks: number[][] = [];
  for (let waited = 0; waited < WATCH_MS; waited += LOOK_MS) {
    await pause(LOOK_MS);
    looks.push(pids.map(residentMb));
  }
  const seconds = (performance.now() - began) / 1000;
  const percent = pids.map((pid, i) => ((processorSeconds(pid) - (before[i] ?? 0)) / seconds) * 100);
  const memory = pids.map((_pid, i) => looks.reduce((sum, look) => sum + (look[i] ?? 0), 0) / looks.length);
  const [web = 0, runner = 0, webModules = 0, runnerModules = 0] = memory;
  say('');
  say(
    `web     ${web.toFixed(1)} MB, ${(percent[0] ?? 0).toFixed(2)} % of a core; its packages alone ${webModules.toFixed(1)} MB`,
  );
  say(
    `runner  ${runner.toFixed(1)} MB, ${(percent[1] ?? 0).toFixed(2)} % of a core; its packages alone ${runnerModules.toFixed(1)} MB`,
  );
  const modules = webModules + runnerModules;
  return [
    { name: 'rss_mb', value: web + runner, goal: { atMost: 1.5 * modules } },
    { name: 'modules_mb', value: modules },
    { name: 'cpu_percent', value: (percent[0] ?? 0) + (percent[1] ?? 0), goal: { atMost: 2 } },
  ];
}

/** A Node that loads the packages and then waits, started as Gantry's own processes are. */
function startLoader(workshop: Workshop, packages: readonly string[], options: readonly string[]): ChildProcess {
  const script = `${packages.map((name) => `require(${JSON.stringify(name)});`).join('')}setInterval(() => {}, 60000);`;
  const child = spawn(process.execPath, [...options, '--eval', script], {
    cwd: workshop.settings.root,
    env: workshop.settings.environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  workshop.cleanup.later(() => void child.kill('SIGKILL'));
  workshop.say(`packages: ${packages.join(' ')}`);
  return child;
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined || child.exitCode !== null) throw new Error('a process that loads packages has ended');
  return child.pid;
}

void runBench('idle', measure);
