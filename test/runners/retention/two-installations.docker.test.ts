import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import Docker from 'dockerode';
import type { Labels } from '../../../engine/ports/cluster';
import { writeLabels } from '../../../runners/docker/labels';
import { Clone } from '../../cli/support/clone';
import { ProgramCopy } from '../../cli/support/program-copy';
import { Visitors } from '../../cli/support/visitors';
import { testInstallation } from '../../support/docker-leftovers';
import { requireDocker } from '../../support/hooks';

const files = (says: string) => ({
  'gantry.yml':
    'app: shop\nserve: { image: { dockerfile: Dockerfile }, port: 8080, health: { path: /, within: 60s } }\n' +
    'stages: { production: {} }\n',
  Dockerfile: 'FROM gantry/node\nCOPY server.js /server.js\nUSER 10001:10001\nCMD ["node", "/server.js"]\n',
  'server.js':
    `const server = require('node:http').createServer((_, response) => response.end('${says}'));\n` +
    'server.keepAliveTimeout = 65000;\nserver.listen(8080);\n',
});
const HOST = 'shop.localhost';
const RUN_MS = 120_000;
/** I4: whatever has no owner is gone so soon. */
const REAPED_MS = 60_000;

interface Gantry {
  name: string;
  home: string;
  url: string;
  gateway: string;
  firstToken: string;
  installation: string;
}

describe('two Gantrys on one Docker, with an app of the same name', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'gantry-two-'));
  const docker = new Docker();
  const third = testInstallation();
  let program: ProgramCopy;
  let first: Gantry;
  let second: Gantry;

  before(async function () {
    requireDocker(this);
    program = new ProgramCopy(join(folder, 'program'), '1.0.0');
    first = await started('first');
    second = await started('second');
  });
  after(async () => {
    for (const name of ['first', 'second'])
      await program?.run(join(folder, name), 'down', '--purge', '--yes', '--keep-bases');
    for (const { Id } of await labelled(third)) await docker.getContainer(Id).remove({ force: true });
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const ask = async <T>(gantry: Gantry, path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${gantry.firstToken}` };
    return (await fetch(`${gantry.url}/api/v1${path}`, { headers })).json() as Promise<T>;
  };
  const labelled = (installation: string) =>
    docker.listContainers({ all: true, filters: JSON.stringify({ label: [`gantry.installation=${installation}`] }) });
  const idsOf = async ({ installation }: Gantry) => (await labelled(installation)).map(({ Id }) => Id).sort();

  /** One that runs, with its app in production. */
  async function started(name: string): Promise<Gantry> {
    const home = join(folder, name);
    const up = await program.run(home, 'up', '--detach', '--json', '--port', '0', '--gateway-port', '0');
    expect(up.exit, up.stderr).to.equal(0);
    const gantry = {
      name,
      home,
      installation: '',
      ...(JSON.parse(up.stdout) as { url: string; gateway: string; firstToken: string }),
    };
    gantry.installation = (await ask<{ installation: string }>(gantry, '/status')).installation;
    await program.run(home, 'app', 'create', 'shop');
    const remote = new URL(`${gantry.url}/git/shop.git`);
    remote.username = 'owner';
    remote.password = gantry.firstToken;
    new Clone(join(folder, `${name}-clone`), remote.href).push('main', files(name));
    for (const deadline = Date.now() + RUN_MS; ; await wait(100)) {
      const { state, reason } = await ask<{ state: string; reason: string }>(gantry, '/apps/shop/runs/1');
      if (state === 'succeeded') return gantry;
      if (state === 'failed' || Date.now() > deadline) throw new Error(`the run is ${state}: ${reason}`);
    }
  }

  /** Something that carries a label and has no record. */
  async function stray(installation: string, labels: Labels): Promise<string> {
    const options = { Image: 'gantry/node', Cmd: ['sleep', '600'], Labels: writeLabels(installation, labels) };
    const container = await docker.createContainer(options);
    await container.start();
    return container.id;
  }
  /** As if the machine had taken it; the supervisor starts another one. */
  function killRunner({ home }: Gantry): void {
    const folder = join(home, 'run');
    const states = readdirSync(folder).filter((name) => /^runner-\d+\.json$/.test(name));
    for (const name of states) process.kill(Number(/\d+/.exec(name)?.[0]), 'SIGKILL');
  }
  const stands = async (id: string): Promise<boolean> =>
    (await docker.listContainers({ all: true })).some(({ Id }) => Id === id);
  const command: Labels = { app: 'shop', run: '1', step: 'build/image', epoch: 1, role: 'build' };

  it('each removes what its killed runner left within a minute, and nothing of the other or of a third one [I4]', async () => {
    const visitors = [first, second].map(({ gateway, name }) => new Visitors(gateway, HOST, name));
    const theirs = await idsOf(second);
    const ofThird = await stray(third, command);
    const lost = await stray(first.installation, { app: 'shop', environment: 'production', role: 'instance' });
    const ofFirst = await stray(first.installation, command);
    killRunner(first);
    for (const deadline = Date.now() + REAPED_MS; await stands(ofFirst); await wait(250)) {
      expect(Date.now(), 'an orphan still stands').to.be.below(deadline);
    }
    expect(await stands(ofThird), 'that of a third installation').to.equal(true);
    expect(await stands(lost), 'an instance of production without a record').to.equal(true);
    expect(await idsOf(second)).to.deep.equal(theirs);
    const look = await program.run(first.home, 'prune', '--dry-run', '--json');
    expect(look.exit, look.stderr).to.equal(0);
    const { reaper } = JSON.parse(look.stdout) as { reaper: { doubtful: { why: string }[] }[] };
    expect(reaper[0]?.doubtful.map(({ why }) => why)).to.deep.equal([
      'no record knows this instance of gray or production; it may serve',
    ]);
    await docker.getContainer(lost).remove({ force: true });
    for (const one of visitors) expect((await one.leave()).failed).to.deep.equal([]);
  });

  it('one prunes and is purged, and no visitor of the other one notices', async () => {
    const visitors = new Visitors(second.gateway, HOST, 'second');
    const theirs = await idsOf(second);
    const pruned = await program.run(first.home, 'prune', '--yes', '--json');
    expect(pruned.exit, pruned.stderr).to.equal(0);
    const purged = await program.run(first.home, 'down', '--purge', '--yes', '--keep-bases');
    expect(purged.exit, purged.stderr).to.equal(0);
    expect(await idsOf(first)).to.deep.equal([]);
    expect(await idsOf(second)).to.deep.equal(theirs);
    const { answered, failed } = await visitors.leave();
    expect(failed).to.deep.equal([]);
    expect(answered).to.be.greaterThan(20);
  });

  it('the other one goes on, and leaves nothing when it is purged itself', async () => {
    const pruned = await program.run(second.home, 'prune', '--yes');
    expect(pruned.exit, pruned.stderr).to.equal(0);
    expect((await program.run(second.home, 'down', '--purge', '--yes', '--keep-bases')).exit).to.equal(0);
    for (const { installation } of [first, second]) {
      const filters = JSON.stringify({ label: [`gantry.installation=${installation}`] });
      const left = await Promise.all([
        docker.listContainers({ all: true, filters }),
        docker.listNetworks({ filters }),
        docker.listImages({ filters }),
      ]);
      expect(left.flat()).to.deep.equal([]);
    }
  });
});
