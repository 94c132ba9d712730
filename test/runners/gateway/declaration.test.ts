import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { messageOf } from '../../../engine/model/errors';
import { Declaration } from '../../../runners/gateway/declaration';
import { GatewayFiles } from '../../../runners/gateway/gateway-files';
import { HaproxyGateway } from '../../../runners/gateway/haproxy-gateway';

const SERVER = { name: 'one', address: '192.0.2.7', port: 8080, dnsName: 'one', healthPath: '/health' };

describe('what the gateway starts from', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('has a configuration only when everything that it names is written', async () => {
    const files = new GatewayFiles(folder);
    const write = files.write.bind(files);
    files.write = async (name, content) => {
      if (name === 'health.map') throw new Error('the disk is full');
      await write(name, content);
    };
    const failed = await new Declaration(files).add('s0_a', [SERVER]).then(() => 'written', messageOf);
    expect(failed).to.equal('the disk is full');
    // The others have ended, too: nobody else has the lock while they are written.
    expect((await readdir(folder)).sort()).to.deep.equal(['servers.json', 'sessions.map', 'visitors.lua']);
    files.write = write;
    await new Declaration(files).add('s0_a', [SERVER]);
    expect(await readdir(folder)).to.include('haproxy.cfg');
  });

  it('has a server once, as it was told last, and no backend without one', async () => {
    const declaration = new Declaration(new GatewayFiles(folder));
    await declaration.add('s0_a', [SERVER, { ...SERVER, name: 'two' }]);
    await declaration.add('s0_a', [{ ...SERVER, port: 9090 }]);
    const ports = (await declaration.read()).backends.s0_a?.map(({ name, port }) => [name, port]);
    expect(ports).to.deep.equal([
      ['one', 9090],
      ['two', 8080],
    ]);
    await declaration.remove('s0_a', ['one', 'two', 'three']);
    expect((await declaration.read()).backends).to.deep.equal({});
  });

  it('is not touched for a lane that gets no server', async () => {
    const options = { installation: '0123456789abcdef', listen: { host: '127.0.0.1', port: 1 }, network: 'none' };
    const untouched = join(folder, 'gateway');
    const gateway = new HaproxyGateway({ ...options, folder: untouched, docker: {} as never, networks: {} as never });
    await gateway.prepareServers(0, 'a', []);
    expect(existsSync(untouched)).to.equal(false);
  });
});
