import { readFileSync } from 'node:fs';
import { holds, same, within } from '../checks';
import type { InspectedContainer } from '../docker-state';
import { APPS, numberOf } from '../fixture';
import { look, versionIn } from '../look';
import type { Scene } from './scene';

const SMALL_CROWD = 200;
/** Docker starts a container that died again after a tenth of a second. */
const GATEWAY_BACK_MS = 15_000;
const AGREE_MS = 20_000;

/** Gantry is away: everything goes on serving, even through the death of its gateway. */
export async function absence(scene: Scene): Promise<void> {
  const { checks, house, story, traffic } = scene;
  story.part('Gantry goes away, and the apps go on serving.');
  await checks.that('gantry down ends web, runner and Redis, with exit status 0', async () => {
    same((await house.gantry('down')).status, 0);
    same(house.running(), undefined);
  });
  await serves(scene, 'production serves while Gantry is down');
  // The one moment in which requests must fail: nobody listens. So nobody visits.
  await traffic.stop();
  await checkTally(scene, 'until the gateway is killed no request failed that the stable releases answered');
  await killGateway(scene);
  await comeBack(scene);
}

async function serves({ checks, visits }: Scene, claim: string): Promise<void> {
  await checks.that(claim, async () => {
    const before = visits.failed;
    for (const app of APPS) {
      const met = (await visits.crowd(app, SMALL_CROWD)).map(({ version }) => version);
      same([...new Set(met)], [numberOf.v2]);
    }
    same(visits.failed - before, 0);
  });
}

/** By its process, as a crash would: a container that is killed by command counts as stopped on purpose. */
async function killGateway(scene: Scene): Promise<void> {
  const { checks, house, stop } = scene;
  const before = await gatewayOf(scene);
  holdsProcess(before);
  process.kill(before.State.Pid, 'SIGKILL');
  await checks.that('the gateway was killed: Docker starts it again by its policy, without Gantry', async () => {
    same(before.HostConfig.RestartPolicy.Name, 'unless-stopped');
    await within(
      GATEWAY_BACK_MS,
      async () => {
        const { State, RestartCount } = await gatewayOf(scene);
        holds(State.Running && State.StartedAt !== before.State.StartedAt, 'a new start', State);
        holds(RestartCount > before.RestartCount, `more than ${before.RestartCount} restarts`, RestartCount);
      },
      stop,
    );
  });
  await checks.that('it serves the last switch again, for both apps', () =>
    within(
      GATEWAY_BACK_MS,
      async () => {
        for (const app of APPS) {
          const answer = await look(house.gateway, { host: house.hostOf(app), path: '/version' });
          same(versionIn(answer.body)?.version ?? answer.failure ?? answer.status, numberOf.v2);
        }
      },
      stop,
    ),
  );
}

async function gatewayOf({ house }: Scene): Promise<InspectedContainer> {
  const labels = { 'gantry.installation': house.installation, 'gantry.role': 'gateway' };
  const [gateway] = await house.docker.containers(labels);
  if (gateway === undefined) throw new Error('there is no gateway container');
  return house.docker.container(gateway.Id);
}

/** The number that Docker gives must be this very container's process here, and no other one. */
function holdsProcess({ Id, State }: InspectedContainer): void {
  if (!groupsOf(State.Pid).includes(Id)) {
    throw new Error(
      `process ${State.Pid} of the container ${Id.slice(0, 12)} cannot be seen from here; run the check on Docker's own host`,
    );
  }
}

function groupsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    // Docker counts its processes elsewhere: on another host, or outside of a container that this runs in.
    return '';
  }
}

async function comeBack(scene: Scene): Promise<void> {
  const { checks, house, stop } = scene;
  await checks.that('gantry up finds everything as it is', async () => {
    const ports = ['--port', new URL(house.client.url).port, '--gateway-port', String(house.gateway.port)];
    const ended = await house.gantry('up', '--detach', ...ports);
    same([ended.status, ended.stderr], [0, '']);
    for (const app of APPS) {
      await within(
        AGREE_MS,
        async () => {
          const production = await house.environment(app, 'production');
          same([production?.stable?.number, production?.confirmedVersion], [2, production?.version]);
        },
        stop,
      );
    }
  });
  await serves(scene, 'and production serves on');
}

/** What the live visitors saw. */
export async function checkTally({ checks, visits, story }: Scene, claim: string): Promise<void> {
  await checks.that(claim, () => {
    const reasons = visits.failures.map(({ app, path, why }) => `${app} ${path}: ${why}`).join('; ');
    holds(visits.failed === 0, 'none', `${visits.failed} of ${visits.requests}: ${reasons}`);
    holds(visits.requests > 5_000, 'more than 5,000 requests', visits.requests);
  });
  story.tell(`${visits.requests} requests so far, ${visits.failed} failed; gray's own errors: ${visits.grayErrors}`);
}
