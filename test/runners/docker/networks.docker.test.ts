import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { apart, bridgeOf, bridgeThere } from '../../../runners/docker/bridges';
import { connectDocker } from '../../../runners/docker/client';
import { ensureNetwork } from '../../../runners/docker/networks';
import { requireDocker } from '../../support/hooks';
import { buildCall, type DockerPlace, dockerPlace } from './harness';

const ICC = 'com.docker.network.bridge.enable_icc';

describe('a network that an older Gantry made', function () {
  this.timeout(60_000);
  const client = connectDocker({});
  let place: DockerPlace;
  let name: string;

  before(async function () {
    requireDocker(this);
    place = await dockerPlace();
  });
  after(() => place?.remove());
  beforeEach(async () => {
    name = `${place.network}-${randomBytes(3).toString('hex')}`;
    // It had no options, and no label that tells of them.
    await ensureNetwork(client, name, place.installation);
  });

  const inspect = () => place.docker.getNetwork(name).inspect();
  const ensure = () => ensureNetwork(client, name, place.installation, apart(name));

  it('is made anew with the options of now, once, however many ask for it', async () => {
    const old = (await inspect()).Id;
    expect(await bridgeThere(client, name)).to.equal(`br-${old.slice(0, 12)}`);
    await Promise.all(Array.from({ length: 4 }, ensure));
    const made = await inspect();
    expect([made.Id === old, made.Options?.[ICC]]).to.eql([false, 'false']);
    expect(await bridgeThere(client, name)).to.equal(bridgeOf(name));
    await ensure();
    expect((await inspect()).Id).to.equal(made.Id);
    const named = await place.docker.listNetworks({ filters: JSON.stringify({ name: [name] }) });
    expect(named).to.have.length(1);
  });

  it('stays while a container is on it, whether that runs or not', async () => {
    const old = (await inspect()).Id;
    const container = await place.docker.createContainer({
      ...{ Image: 'gantry/debian', Cmd: ['sleep', '60'], Labels: { 'gantry.installation': place.installation } },
      HostConfig: { NetworkMode: name, Init: true },
    });
    await ensure();
    expect((await inspect()).Id).to.equal(old);
    await container.start();
    await ensure();
    expect((await inspect()).Id).to.equal(old);
    await container.remove({ force: true });
    await ensure();
    expect((await inspect()).Id).not.to.equal(old);
  });

  it('takes the next command of a build, which finds the network of now', async () => {
    name = `${place.network}-build`;
    await ensureNetwork(client, name, place.installation);
    const call = buildCall();
    const end = await place.builder.runCommand({
      ...{ ...call, image: 'gantry/debian', command: 'true', env: {}, cache: { key: 'shop', paths: [] } },
      ...{ memory: 64 * 1024 * 1024, timeoutMs: 30_000 },
    });
    expect(end.exitCode).to.equal(0);
    expect((await inspect()).Options?.[ICC]).to.equal('false');
  });

  it('has no bridge before it is made', async () => {
    expect(await bridgeThere(client, `${place.network}-nowhere`)).to.equal(undefined);
  });
});
