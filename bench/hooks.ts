/** Sends signed webhooks to Gantry, kills its web in the middle, and looks whether each that was answered has its run. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runBench, type Workshop } from './support/bench';
import { ForgeRepository } from './support/faults/forge';
import { distribution, type Figure, percentile } from './support/figures';
import { pushRequest, type Told } from './support/hooks/bodies';
import { openIn, outcomesIn } from './support/hooks/outcomes';
import { type Letter, type Sent, send } from './support/hooks/sender';
import { House } from './support/house';

const CONNECTIONS = 64;
/** As many apps as one team may have; each of their branches is pushed once, so that each push is a run of its own. */
const APPS = ['accounts', 'cards', 'fees', 'fraud', 'ledger', 'limits', 'mail', 'rates'];
const BRANCHES = 2_000;
const HOOKS = APPS.length * BRANCHES;
/** The first ones compile code; they are not counted. */
const WARM_UP = 400;
/** Fetching what was told is done beside everything else, and by the one who fetches last. */
const FOLLOW_LIMIT_MS = 15 * 60_000;
const LOOK_MS = 500;

/** No pipeline wants these branches, so that each run ends with its first step. */
const pipelineOf = (app: string): string => `app: ${app}\nserve: { image: { dockerfile: Dockerfile }, port: 8080 }\n`;

interface Push extends Told {
  letter: Letter;
}

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { say } = workshop;
  const house = await House.start(workshop, { dummy: true });
  const pushes = await preparePushes(workshop, house);
  const bare = await askBare(workshop, pushes);
  const { hostname: host, port } = new URL(house.url);
  const target = { host, port: Number(port) };
  const warm = await send(target, lettersOf(pushes.slice(0, WARM_UP)), CONNECTIONS);
  const counted = pushes.slice(WARM_UP);
  const sent = await send(target, lettersOf(counted), CONNECTIONS, (count) => {
    if (count === Math.floor(counted.length / 2)) process.kill(house.processes().web, 'SIGKILL');
  });
  say(`${sent.accepted.length} of ${counted.length} accepted in ${sent.seconds.toFixed(1)} s; they are followed now`);
  const followed = await untilFollowed(house.home);
  const accepted = new Set([...warm.accepted, ...sent.accepted]);
  return judge(workshop, {
    sent,
    bare,
    followed,
    house,
    accepted: pushes.filter((push) => accepted.has(push.delivery)),
  });
}

const lettersOf = (pushes: readonly Push[]): Letter[] => pushes.map(({ letter }) => letter);

/** A repository for each app with a commit for each of its branches, and the signed request for each of them. */
async function preparePushes({ folder }: Workshop, house: House): Promise<Push[]> {
  const perApp = await Promise.all(
    APPS.map(async (app) => {
      await house.cli('app', 'create', app);
      const forge = await ForgeRepository.make(join(folder, 'forge', `${app}.git`), pipelineOf(app), BRANCHES);
      const { secret } = await house.call<{ secret: string }>('POST', `/apps/${app}/source`, { url: forge.folder });
      return forge.branches.map((branch, i) => {
        const told = { delivery: `${app}-${i}`, app, branch, commit: forge.commits[i] ?? '' };
        return { ...told, letter: { delivery: told.delivery, request: pushRequest(told, i, secret) } };
      });
    }),
  );
  return Array.from({ length: HOOKS }, (_, i) => perApp[i % APPS.length]?.[Math.floor(i / APPS.length)] as Push);
}

/** The least that any receiver does, by the same senders in the same minute. @returns accepted per second */
async function askBare({ settings, cleanup, say }: Workshop, pushes: readonly Push[]): Promise<number> {
  const secret = 'a secret of the bare one';
  const child = fork(join(__dirname, 'support', 'hooks', 'bare-koa.js'), [secret], {
    env: { PATH: settings.environment.PATH, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  cleanup.later(() => void child.kill('SIGKILL'));
  const target = { host: '127.0.0.1', port: await portOf(child) };
  const letters = pushes
    .slice(0, HOOKS / 2)
    .map((push, i) => ({ delivery: push.delivery, request: pushRequest(push, i, secret) }));
  await send(target, letters.slice(0, WARM_UP), CONNECTIONS);
  const sent = await send(target, letters.slice(WARM_UP), CONNECTIONS);
  child.kill('SIGKILL');
  if (sent.accepted.length !== letters.length - WARM_UP) throw new Error('the bare Koa has refused webhooks');
  say(`bare Koa, ms    ${distribution(sent.times)}`);
  return sent.accepted.length / sent.seconds;
}

async function portOf(child: ChildProcess): Promise<number> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the bare Koa ended early');
  });
  ended.catch(() => undefined);
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
  return port;
}

/** Waits until every webhook was followed, and every run has ended. @returns seconds that it took */
async function untilFollowed(home: string): Promise<number> {
  const began = Date.now();
  for (;;) {
    const { hooks, runs } = openIn(home);
    const seconds = (Date.now() - began) / 1000;
    if (hooks === 0 && runs === 0) return seconds;
    if (seconds * 1000 > FOLLOW_LIMIT_MS) {
      throw new Error(`${hooks} webhooks were not followed and ${runs} runs not ended after ${seconds} s`);
    }
    await pause(LOOK_MS);
  }
}

interface Seen {
  sent: Sent;
  bare: number;
  /** Seconds. */
  followed: number;
  house: House;
  /** Everything that was answered with 2xx, also before it was counted. */
  accepted: readonly Push[];
}

function judge({ say }: Workshop, { sent, bare, followed, house, accepted }: Seen): Figure[] {
  const { lost, withoutRun, twice } = outcomesIn(house.home, accepted);
  for (const delivery of [...lost, ...withoutRun].slice(0, 10)) say(`${delivery}: accepted, and it has no run`);
  for (const [status, count] of sent.refused) say(`${count} were answered with ${status} and sent again`);
  const rate = sent.accepted.length / sent.seconds;
  say(`Gantry, ms      ${distribution(sent.times)}`);
  say(`${sent.again} were sent again since nobody answered; all were followed ${followed.toFixed(0)} s later`);
  return [
    { name: 'accepted_per_s', value: rate, goal: { atLeast: 1_000 } },
    { name: 'p99_ms', value: percentile(sent.times, 0.99), goal: { atMost: 250 } },
    { name: 'lost', value: lost.length + HOOKS - accepted.length, goal: { atMost: 0 } },
    { name: 'runs_missing', value: withoutRun.length, goal: { atMost: 0 } },
    { name: 'runs_twice', value: twice, goal: { atMost: 0 } },
    { name: 'bare_koa_per_s', value: bare },
    { name: 'ratio', value: rate / bare },
    { name: 'followed_s', value: followed },
  ];
}

void runBench('hooks', measure);
