/** Kills web, runners and Redis at random under load, and counts what was lost or done twice: both must be nothing. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runBench, type Workshop } from './support/bench';
import { Accepted } from './support/faults/accepted';
import { calling, creating, deciding, type Forge, pushing, type Scene } from './support/faults/clients';
import { Fleet } from './support/faults/fleet';
import { ForgeRepository } from './support/faults/forge';
import { madeTwice, standing, WorldJournal } from './support/faults/journal';
import { killAtRandom } from './support/faults/killer';
import { Records } from './support/faults/outcomes';
import type { FleetPlace } from './support/faults/place';
import type { Figure } from './support/figures';

const ACCEPTED = 2_000;
const KILLS = 100;
/** What is accepted is work: at least so many runs. */
const RUNS = ACCEPTED / 2;
/** The load goes on until all three are reached, and no longer than this. */
const LOAD_LIMIT_MS = 900_000;
/** After the last kill: leases run out, missed pushes are found, what waits is done. */
const QUIET_LIMIT_MS = 300_000;
const LOOK_MS = 500;

const PUSHED = ['pushed-a', 'pushed-b', 'pushed-c'];
/** Its runs wait for people. */
const GATED = 'hooked-a';
const HOOKED = [GATED, 'hooked-b', 'hooked-c', 'hooked-d'];
/** Each calls for each app, each for branches of its own. */
const CALLERS = ['one', 'two'];
const BRANCHES = 5 * CALLERS.length;
const CALL_EVERY_MS = 500;
const APP_EVERY_MS = 1_000;
const PACE = { everyMs: 800, downMs: 200 };

async function measure({ folder, settings, cleanup, say }: Workshop): Promise<Figure[]> {
  const { root, environment } = settings;
  const place: FleetPlace = { folder, root, environment, later: (act) => cleanup.later(act) };
  const fleet = await Fleet.start(place, { webs: 2, runners: 2, concurrency: 8 });
  const forges = await prepare(fleet, place);
  const accepted = new Accepted();
  const records = new Records(fleet.home);
  cleanup.later(() => records.close());
  const stop = new AbortController();
  cleanup.later(() => stop.abort());
  const scene: Scene = { fleet, accepted, signal: stop.signal };
  const clients = [
    ...PUSHED.map((app) => pushing(scene, place, app, pipeline(app))),
    ...forges.flatMap((forge) => CALLERS.map((caller, n) => calling(scene, forge, { caller, ...callsOf(forge, n) }))),
    creating(scene, APP_EVERY_MS),
    deciding(scene, HOOKED),
  ];
  const killers = [
    killAtRandom([fleet.redis, ...fleet.webs], PACE, stop.signal),
    killAtRandom(fleet.runners, PACE, stop.signal),
  ];
  const began = Date.now();
  const everybody = Promise.all([...clients, ...killers]);
  const failed = everybody.then(() => undefined);
  const kills = () => fleet.processes.reduce((sum, one) => sum + one.kills, 0);
  while (accepted.count < ACCEPTED || kills() < KILLS || runsIn(records) < RUNS) {
    if (Date.now() - began > LOAD_LIMIT_MS) break;
    await Promise.race([pause(LOOK_MS), failed]);
  }
  stop.abort();
  await everybody;
  say(
    `${accepted.count} accepted and ${kills()} kills in ${((Date.now() - began) / 1000).toFixed(0)} s; waiting for the rest`,
  );
  return judge({ fleet, accepted, records, kills: kills(), say });
}

const runsIn = (records: Records): number => records.count('select count(*) as n from runs');

/** Apps that people push to, and apps that a forge calls for. */
async function prepare(fleet: Fleet, place: FleetPlace): Promise<Forge[]> {
  for (const name of [...PUSHED, ...HOOKED]) await fleet.call('POST', '/apps', { name });
  return Promise.all(
    HOOKED.map(async (app) => {
      const forge = await ForgeRepository.make(
        join(place.folder, 'forge', `${app}.git`),
        app === GATED ? gatedPipeline(app) : pipeline(app),
        BRANCHES,
      );
      const { secret } = await fleet.call<{ secret: string }>('POST', `/apps/${app}/source`, { url: forge.folder });
      return { app, secret, repository: forge };
    }),
  );
}

const callsOf = ({ repository }: Forge, n: number) => ({
  branches: repository.branches.filter((_, i) => i % CALLERS.length === n),
  everyMs: CALL_EVERY_MS,
});

/** What is left when the killing is over. */
interface Aftermath {
  fleet: Fleet;
  accepted: Accepted;
  records: Records;
  kills: number;
  say: (line: string) => void;
}

async function judge(aftermath: Aftermath): Promise<Figure[]> {
  const { fleet, accepted, records, kills, say } = aftermath;
  const isQuiet = await untilQuiet(aftermath);
  const audit = await fleet.call<{ ok: boolean }>('GET', '/audit/verify');
  const entries = new WorldJournal(fleet.home).read();
  const lost = records.lost(accepted);
  const twice = [...records.twice(), ...madeTwice(entries)];
  const orphans = symmetricDifference(standing(entries), records.instances());
  for (const line of [...lost, ...twice, ...orphans].slice(0, 20)) say(line);
  const deaths = fleet.deaths();
  for (const line of deaths) say(line);
  const { pushes, hooks, apps, runs } = accepted;
  say('');
  say(
    `accepted: ${pushes.length} pushes, ${hooks.length} webhooks, ${apps.length} apps, ${runs.length} decisions and rollbacks`,
  );
  say(`the dummy world was changed ${entries.length} times`);
  say(`database: integrity ${records.integrity()}; audit: ${audit.ok ? 'every entry in order' : 'BROKEN'}`);
  return [
    { name: 'accepted', value: accepted.count, goal: { atLeast: ACCEPTED } },
    { name: 'runs', value: runsIn(records), goal: { atLeast: RUNS } },
    { name: 'lost', value: lost.length, goal: { atMost: 0 } },
    { name: 'duplicate_effects', value: twice.length, goal: { atMost: 0 } },
    { name: 'kills', value: kills, goal: { atLeast: KILLS } },
    { name: 'quiet', value: Number(isQuiet), goal: { atLeast: 1 } },
    { name: 'orphans', value: orphans.length, goal: { atMost: 0 } },
    { name: 'deaths', value: deaths.length, goal: { atMost: 0 } },
    { name: 'audit_ok', value: Number(audit.ok), goal: { atLeast: 1 } },
    { name: 'integrity_ok', value: Number(records.integrity() === 'ok'), goal: { atLeast: 1 } },
  ];
}

/** People say yes to what still waits, until nothing is open. @returns whether it came to that in time */
async function untilQuiet({ fleet, accepted, records, say }: Aftermath): Promise<boolean> {
  const began = Date.now();
  const ended = new AbortController();
  const people = deciding({ fleet, accepted, signal: ended.signal }, HOOKED, { onlyApprove: true });
  try {
    for (;;) {
      const { runs, waiting, hooks } = records.open();
      const seconds = ((Date.now() - began) / 1000).toFixed(0);
      const isQuiet = runs + waiting + hooks === 0;
      if (isQuiet) say(`the last run had ended ${seconds} s after the last kill`);
      if (isQuiet) return true;
      if (Date.now() - began > QUIET_LIMIT_MS) {
        say(`${seconds} s after the last kill ${runs} runs and ${hooks} webhooks are open, and ${waiting} runs wait`);
        return false;
      }
      await pause(LOOK_MS);
    }
  } finally {
    ended.abort();
    await people;
  }
}

function symmetricDifference(world: readonly string[], sql: readonly string[]): string[] {
  return [
    ...world.filter((name) => !sql.includes(name)).map((name) => `${name} stands, and is in no record`),
    ...sql.filter((name) => !world.includes(name)).map((name) => `${name} is recorded, and does not stand`),
  ];
}

/** The short way to production. */
const pipeline = (app: string): string => `app: ${app}
on: { branches: ["work-*"] }
serve:
  image: { dockerfile: Dockerfile, args: { DUMMY_SLEEP_MS: "50" } }
  port: 8080
  health: { path: /health, within: 30s }
  env: { DUMMY_SLEEP_MS: "100" }
stages:
  production: { keepWarm: 1m }
`;

/** The long one, on which people are asked. */
const gatedPipeline = (app: string): string => pipeline(app).replace(/ {2}production:.*/, GATES);
const GATES = `  test: {}
  gray: { share: 10% }
  production: { keepWarm: 1m, approve: { role: release-manager } }`;

void runBench('chaos', measure);
