import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import Docker from 'dockerode';
import { freePort } from '../../cli/processes/ports';
import { Clone } from '../cli/support/clone';
import { testInstallation } from '../support/docker-leftovers';
import { requireDocker, skipBecause } from '../support/hooks';

const ROOT = join(__dirname, '..', '..');
/** The user of the image. */
const UID = 10_001;
const LIMIT_MS = 60_000;
const FILES = {
  'gantry.yml':
    'app: shop\nserve: { image: { dockerfile: Dockerfile }, port: 8080, health: { path: /health, within: 5s } }\n' +
    'stages: { production: {} }\n',
  Dockerfile: 'FROM gantry/node\n',
};

/** Its size is a promise of docs/operations.md. */
const SIZE_MAX = 480e6;

describe('the image of Gantry', function () {
  this.timeout(180_000);
  const docker = new Docker();
  const installation = testInstallation();
  const tag = `gantry-${installation}:1`;
  const folder = mkdtempSync(join(tmpdir(), 'gantry-image-'));
  let redis: ChildProcess | undefined;
  let environment: string[];
  let url: string;

  before(async function () {
    requireDocker(this);
    if (spawnSync('redis-server', ['--version']).error !== undefined) {
      skipBecause(this, 'needs redis-server: ./gantry test brings it');
    }
    const main = join(ROOT, 'dist', 'runners', 'main.js');
    const built = spawnSync(process.execPath, [main, 'image', tag], { encoding: 'utf8' });
    expect(built.status, built.stderr).to.equal(0);
    const [web, queue] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
    redis = spawn('redis-server', ['--port', String(queue), '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' });
    chownSync(folder, UID, UID);
    url = `http://127.0.0.1:${web}`;
    environment = [`GANTRY_LISTEN=127.0.0.1:${web}`, `GANTRY_REDIS_URL=redis://127.0.0.1:${queue}`, 'GANTRY_DUMMY=1'];
  });

  after(async () => {
    const filters = JSON.stringify({ label: [`gantry.installation=${installation}`] });
    for (const { Id } of await docker.listContainers({ all: true, filters })) {
      await docker.getContainer(Id).remove({ force: true });
    }
    await docker
      .getImage(tag)
      .remove()
      .catch(() => undefined);
    if (redis !== undefined && redis.exitCode === null) {
      redis.kill();
      await once(redis, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (name: string): Promise<Docker.Container> => {
    const container = await docker.createContainer({
      Image: tag,
      Cmd: [name],
      Env: environment,
      Labels: { 'gantry.installation': installation },
      Healthcheck: {
        Test: ['CMD', '/opt/gantry/packaging/image/healthy'],
        Interval: 1e9 / 2,
        Timeout: 5e9,
        Retries: 60,
      },
      HostConfig: {
        NetworkMode: 'host',
        Init: true,
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        Mounts: [{ Type: 'bind', Source: folder, Target: '/var/lib/gantry' }],
      },
    });
    await container.start();
    return container;
  };

  const healthy = async (container: Docker.Container): Promise<void> => {
    const deadline = Date.now() + LIMIT_MS;
    for (;;) {
      const { State: state } = await container.inspect();
      if (state.Health?.Status === 'healthy') return;
      if (!state.Running || Date.now() > deadline) {
        const said = await container.logs({ stdout: true, stderr: true, tail: 20 });
        throw new Error(`not healthy (${state.Status}): ${said.toString()}`);
      }
      await wait(100);
    }
  };

  it('is small, and names its version', async () => {
    const { Size: size, Config: config } = await docker.getImage(tag).inspect();
    expect(size).to.be.below(SIZE_MAX);
    expect(config.Labels).to.include.keys('org.opencontainers.image.version');
    expect(config.User).to.equal('10001:10001');
  });

  it('runs web and runner, and a push goes through', async () => {
    const web = await start('web');
    await healthy(web);
    const runner = await start('runner');
    await healthy(runner);
    const token = /first token: (\S+)/.exec((await web.logs({ stdout: true })).toString())?.[1] ?? '';
    const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      return (await (await fetch(`${url}/api/v1${path}`, { method, headers, ...sent })).json()) as T;
    };
    await ask('POST', '/apps', { name: 'shop' });
    const remote = new URL(`${url}/git/shop.git`);
    remote.username = 'owner';
    remote.password = token;
    new Clone(join(folder, 'clone'), remote.href).push('main', FILES);
    const deadline = Date.now() + LIMIT_MS;
    for (;;) {
      const { state, reason } = await ask<{ state: string; reason: string }>('GET', '/apps/shop/runs/1');
      if (state === 'succeeded') break;
      if (state === 'failed' || Date.now() > deadline) throw new Error(`the run is ${state}: ${reason}`);
      await wait(50);
    }
  });
});
