import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { requireDocker } from '../support/hooks';
import { Clone } from './support/clone';
import { ProgramCopy } from './support/program-copy';
import { Visitors } from './support/visitors';

const FILES = {
  'gantry.yml':
    'app: shop\nserve: { image: { dockerfile: Dockerfile }, port: 8080, health: { path: /, within: 60s } }\n' +
    'stages: { production: {} }\n',
  Dockerfile: 'FROM gantry/node\nCOPY server.js /server.js\nUSER 10001:10001\nCMD ["node", "/server.js"]\n',
  'server.js':
    "const server = require('node:http').createServer((_, response) => response.end('shop'));\n" +
    'server.keepAliveTimeout = 65000;\nserver.listen(8080);\n',
};
const HOST = 'shop.localhost';
const RUN_MS = 120_000;

describe('an upgrade, for the visitors of apps', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'gantry-visitors-'));
  const home = join(folder, 'home');
  let old: ProgramCopy | undefined;

  before(function () {
    requireDocker(this);
    old = new ProgramCopy(join(folder, 'old'), '1.0.0');
  });
  after(async () => {
    await old?.run(home, 'down', '--purge', '--yes', '--keep-bases');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it('does not happen: no request fails, from before the old Gantry ends until the new one works [F54]', async () => {
    const up = await old?.run(home, 'up', '--detach', '--json', '--port', '0', '--gateway-port', '0');
    expect(up?.exit, up?.stderr).to.equal(0);
    const ready = JSON.parse(up?.stdout ?? '') as { url: string; gateway: string; firstToken: string };
    await old?.run(home, 'app', 'create', 'shop');
    const remote = new URL(`${ready.url}/git/shop.git`);
    remote.username = 'owner';
    remote.password = ready.firstToken;
    new Clone(join(folder, 'clone'), remote.href).push('main', FILES);
    await succeeded(ready, 1);
    const visitors = new Visitors(ready.gateway, HOST, 'shop');
    const newer = new ProgramCopy(join(folder, 'newer'), '1.1.0').withMigration('create table shelves (id text)');
    const upgraded = await newer.run(home, 'upgrade', '--json');
    expect(upgraded.exit, upgraded.stderr).to.equal(0);
    const backup = await newer.run(home, 'backup', join(folder, 'one.db'));
    expect(backup.exit, backup.stderr).to.equal(0);
    const { answered, failed } = await visitors.leave();
    expect(failed).to.deep.equal([]);
    expect(answered).to.be.greaterThan(100);
    old = newer;
  });

  it('is followed by a restore that finds what the world has and the records lack [F55]', async () => {
    expect((await old?.run(home, 'down'))?.exit).to.equal(0);
    const restored = await old?.run(home, 'restore', join(folder, 'one.db'), '--replace', '--json');
    expect(restored?.exit, restored?.stderr).to.equal(0);
    const { differences } = JSON.parse(restored?.stdout ?? '') as { differences: object[] };
    expect(differences, 'the backup was of a moment ago').to.deep.equal([]);
  });
});

async function succeeded(ready: { url: string; firstToken: string }, number: number): Promise<void> {
  const headers = { authorization: `Bearer ${ready.firstToken}` };
  const deadline = Date.now() + RUN_MS;
  for (;;) {
    const answer = await fetch(`${ready.url}/api/v1/apps/shop/runs/${number}`, { headers });
    const { state, reason } = (await answer.json()) as { state: string; reason: string };
    if (state === 'succeeded') return;
    if (state === 'failed' || Date.now() > deadline) throw new Error(`the run is ${state}: ${reason}`);
    await wait(100);
  }
}
