import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliSettings, cliSettings, ownEnvironment } from '../../settings';
import type { Context, Outcome } from '../command';
import { EXIT } from '../errors';
import type { Input } from '../input';
import { freePort } from '../processes/ports';
import { absence, checkTally } from './chapters/absence';
import { access } from './chapters/access';
import { back } from './chapters/back';
import { bad } from './chapters/bad';
import { first } from './chapters/first';
import { gray } from './chapters/gray';
import { hooks } from './chapters/hooks';
import { notes } from './chapters/notes';
import { people } from './chapters/people';
import { pushes } from './chapters/pushes';
import type { Scene } from './chapters/scene';
import { undo } from './chapters/undo';
import { Checks } from './checks';
import { House } from './house';
import { type Interruption, interruption } from './interruption';
import { compareDocker, type DockerObject, dockerObjects, hostLeftovers } from './leftovers';
import { type Ended, unexpectedEnd } from './programs';
import { prepareDemo } from './show';
import { Storyteller } from './storyteller';
import { UNPROVEN_ON_DUMMY } from './unproven';

/** For all of it; the cleaning up that follows has its own. */
const LIMIT_MS = 12 * 60_000;
const CLEAN_UP_MS = 60_000;
const HOST = '127.0.0.1';

/** `gantry demo --check`: everything from push to purge in a throwaway folder, each claim checked from outside. */
export async function checkDemo(input: Input, context: Context): Promise<Outcome> {
  const { out } = context;
  const stopped = interruption();
  const story = new Storyteller(out);
  const checks = new Checks(story, (line) => story.plain(line), stopped.signal);
  const limit = setTimeout(() => stopped.end(new Error(`not done within ${LIMIT_MS / 60_000} minutes`)), LIMIT_MS);
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'gantry-demo-')));
  try {
    const ports = {
      web: input.port('port') || (await freePort(HOST)),
      gateway: input.port('gateway-port') || (await freePort(HOST)),
    };
    const house = new House(throwaway(context.settings.environment, home, ports), stopped.signal);
    const before = await lookAtDocker(house);
    const dummy = input.flag('dummy') || before === undefined;
    await play(house, story, checks, stopped, dummy);
    clearTimeout(limit);
    await cleanUp(house, story, checks, before, ports);
    if (dummy) tellUnproven(story, checks);
  } finally {
    clearTimeout(limit);
    story.end();
    stopped.release();
    // With its database the folder is what a later purge needs to know what else there is.
    if (!existsSync(join(home, 'gantry.db'))) rmSync(home, { recursive: true, force: true });
  }
  const { passed, failed, results, unproven } = checks;
  const exit = failed === 0 && passed > 0 ? EXIT.ok : EXIT.failed;
  return { json: { passed, failed, results, unproven }, text: `demo: ${passed} passed, ${failed} failed`, exit };
}

/** Settings of a Gantry in a folder and on ports of its own; nothing in them belongs to the caller's. */
export function throwaway(
  environment: NodeJS.ProcessEnv,
  home: string,
  ports: { web: number; gateway: number },
): CliSettings {
  return cliSettings({
    ...ownEnvironment(environment, home),
    GANTRY_LISTEN: `${HOST}:${ports.web}`,
    GANTRY_GATEWAY: `${HOST}:${ports.gateway}`,
  });
}

/** Undefined when there is no Docker. */
async function lookAtDocker(house: House): Promise<DockerObject[] | undefined> {
  return (await house.docker.version()) === undefined ? undefined : dockerObjects(house.docker);
}

/** The chapters in order. One that cannot be told to its end is a failed check, and ends the play. */
async function play(
  house: House,
  story: Storyteller,
  checks: Checks,
  stopped: Interruption,
  dummy: boolean,
): Promise<void> {
  let scene: Scene | undefined;
  let chapter = 'up';
  try {
    story.tell(`a throwaway Gantry in ${house.home}${dummy ? ', on the dummy runner' : ''}`);
    await checks.that('gantry up --detach ends with exit status 0 when Gantry is ready', async () => {
      const ended = await house.gantry('up', '--detach', ...(dummy ? ['--dummy'] : []));
      if (ended.status !== 0) throw unexpectedEnd(ended);
    });
    await house.meet();
    scene = {
      ...prepareDemo(house, story, dummy),
      checks,
      stop: stopped.signal,
      runs: new Map(),
      crowds: new Map(),
    };
    for (const [name, tell] of chaptersFor(dummy)) {
      chapter = name;
      await tell(scene);
    }
  } catch (error) {
    const reason = stopped.signal.aborted ? (stopped.signal.reason as Error) : (error as Error);
    // What goes on beside this must not go on while everything is removed.
    stopped.end(reason);
    checks.record(`the chapter "${chapter}" is told to its end`, `expected no error, got ${reason.message}`);
  } finally {
    await scene?.traffic.stop();
  }
}

function chaptersFor(dummy: boolean): (readonly [string, (scene: Scene) => Promise<void>])[] {
  return [
    ['access', access],
    ['pushes', pushes],
    ['a project as it is', notes],
    ['version 1', first],
    ['version 2', gray],
    ['back', back],
    ['undo and webhooks', undoAndHooks],
    ['version 3', bad],
    ...(dummy ? [] : ([['absence', absence]] as const)),
    // The last one: with the second person nobody approves by a token any more.
    ['people', people],
    ...(dummy ? [] : ([['the end', atTheEnd]] as const)),
  ];
}

/** One app each, so that neither waits for the other. */
async function undoAndHooks(scene: Scene): Promise<void> {
  scene.story.part('storefront takes steps back, one by one; ledger is fetched when its forge calls.');
  await Promise.all([undo(scene), hooks(scene)]);
}

async function atTheEnd(scene: Scene): Promise<void> {
  await checkTally(scene, 'no request failed in all of it that the stable releases answered');
}

/** Removes everything, and looks whether that is so. Not to be cut off by a second Ctrl-C. */
async function cleanUp(
  house: House,
  story: Storyteller,
  checks: Checks,
  before: DockerObject[] | undefined,
  ports: { web: number; gateway: number },
): Promise<void> {
  story.part('All of it is removed.');
  story.now('gantry down --purge', 'removing containers, images, networks, volumes and the data folder');
  const purged = await purge(house);
  checks.record(
    'gantry down --purge --yes --keep-bases ends with exit status 0',
    purged.status === 0 ? '' : unexpectedEnd(purged).message,
  );
  // It failed, and that is told; what it left shall not stay for all that.
  if (purged.status !== 0 && (await purge(house)).status !== 0) {
    story.tell(`what is left can be removed with: GANTRY_HOME=${house.home} ./gantry down --purge --yes --keep-bases`);
  }
  story.now('gantry down --purge', undefined);
  const addresses = [ports.web, ports.gateway].map((port) => ({ host: HOST, port }));
  recordAll(
    checks,
    'nothing of it is left on this host: processes, folder, ports',
    await hostLeftovers(house.home, addresses),
  );
  if (before === undefined) return;
  const { differences, others } = compareDocker(
    before,
    await dockerObjects(house.docker),
    house.status?.installation ?? '',
  );
  recordAll(checks, 'Docker has the containers, images, networks and volumes that it had before', differences);
  story.tell('(base images gantry/… and the build cache stay on purpose, and were not compared)');
  if (others > 0)
    story.tell(`(${others} objects of other installations of Gantry came or went meanwhile: not compared)`);
}

const purge = (house: House): Promise<Ended> =>
  house.gantryAtEnd(CLEAN_UP_MS, 'down', '--purge', '--yes', '--keep-bases');

/** One check when there is nothing to tell, else one failure for each. */
function recordAll(checks: Checks, claim: string, differences: readonly string[]): void {
  if (differences.length === 0) checks.record(claim, '');
  for (const difference of differences) checks.record(claim, `expected nothing, got: ${difference}`);
}

function tellUnproven(story: Storyteller, checks: Checks): void {
  for (const claim of UNPROVEN_ON_DUMMY) {
    checks.leaveOut(claim);
    story.tell(`not proven without Docker: ${claim}`);
  }
}
