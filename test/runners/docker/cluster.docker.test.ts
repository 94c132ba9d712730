import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { StepFailure } from '../../../engine/model/errors';
import { InstanceUnhealthyError, NameTakenError } from '../../../engine/ports/cluster';
import { connectDocker } from '../../../runners/docker/client';
import { DockerCluster } from '../../../runners/docker/cluster';
import { writeLabels } from '../../../runners/docker/labels';
import { ensureNetwork } from '../../../runners/docker/networks';
import { requireDocker } from '../../support/hooks';
import { clusterContract, failureOf, instanceSpec } from '../cluster-contract';
import { buildTestApp, type DockerPlace, dockerPlace } from './harness';

const HEALTH = { path: '/health', status: 200, port: 8080, withinMs: 10_000 };
const never = new AbortController().signal;
const nothing = () => undefined;

describe('the Docker cluster', function () {
  this.timeout(30_000);
  let place: DockerPlace;
  let image: string;

  before(async function () {
    requireDocker(this);
    place = await dockerPlace();
    image = await buildTestApp(place);
  });

  after(() => place?.remove());

  clusterContract(() => ({ ...place, image, missingImage: `sha256:${'0'.repeat(64)}` }));

  const inspect = (name: string) => place.docker.getContainer(name).inspect();

  it('puts artifacts and texts into the container before it starts, with the list of their sums', async () => {
    const war = randomBytes(3_000_000);
    const { digest } = await place.bytes.put(Readable.from([war]), war.length);
    const spec = instanceSpec(image, {
      inject: [
        { to: '/srv/new/folder/app.war', from: { digest }, mode: 0o644, verify: true },
        { to: '/etc/shop.properties', from: { text: 'colour=green' }, mode: 0o600, verify: false },
      ],
    });
    await place.cluster.startInstance(spec);
    await place.cluster.waitHealthy(spec.name, HEALTH, never, nothing);
    const sums = await fileInside(place.cluster, spec.name, '/gantry/artifacts.sha256');
    expect(sums).to.deep.equal({ text: `${digest.slice(7)}  /srv/new/folder/app.war\n`, mode: 0o444 });
    const stored = await fileInside(place.cluster, spec.name, '/srv/new/folder/app.war');
    expect(stored).to.deep.equal({ text: war.toString('utf8'), mode: 0o644 });
    const refused = await fileInside(place.cluster, spec.name, '/etc/shop.properties').catch(() => 'refused');
    expect(refused, 'the app is not root and may not read it').to.equal('refused');
  });

  it('refuses to put a file outside of where it was meant to be [F49] [S8]', async () => {
    for (const to of ['etc/passwd', '/srv/../etc/passwd', '/srv/']) {
      const spec = instanceSpec(image, { inject: [{ to, from: { text: '' }, mode: 0o644, verify: false }] });
      expect(await failureOf(place.cluster.startInstance(spec))).to.include({ fault: 'user' });
      expect(await place.cluster.findInstance(spec.name)).to.equal(undefined);
    }
  });

  it('makes a container again that an earlier epoch left half made', async () => {
    const spec = instanceSpec(image);
    const half = await place.docker.createContainer({
      name: spec.name,
      Image: image,
      Labels: writeLabels(place.installation, spec.labels),
    });
    const later = { ...spec, labels: { ...spec.labels, epoch: 2 } };
    const seen = await place.cluster.startInstance(later);
    expect(seen.id).to.not.equal(half.id);
    expect(seen).to.deep.include({ running: true, labels: later.labels });
  });

  it("neither reads nor touches another installation's container", async () => {
    const spec = instanceSpec(image);
    const foreign = await place.docker.createContainer({
      name: spec.name,
      Image: image,
      Labels: writeLabels(`${place.installation}-other`, spec.labels),
    });
    try {
      expect(await failureOf(place.cluster.startInstance(spec))).to.be.instanceOf(NameTakenError);
      await place.cluster.removeInstance(spec.name, 0);
      expect(await place.cluster.findInstance(spec.name)).to.equal(undefined);
      expect((await foreign.inspect()).State.Status).to.equal('created');
    } finally {
      await foreign.remove({ force: true });
    }
  });

  it('leaves an app dead that dies at its start, and lets Docker bring back one that was healthy', async () => {
    const spec = instanceSpec(image);
    await place.cluster.startInstance(spec);
    expect((await inspect(spec.name)).HostConfig.RestartPolicy?.Name).to.equal('no');
    await place.cluster.waitHealthy(spec.name, HEALTH, never, nothing);
    await place.cluster.keepRunning(spec.name, 'test');
    const before = (await inspect(spec.name)).State.StartedAt;
    await ask(place.cluster, spec.name, '/die').catch(nothing);
    await until(async () => {
      const { State: state } = await inspect(spec.name);
      return state.Running && state.StartedAt !== before;
    });
    await place.cluster.waitHealthy(spec.name, HEALTH, never, nothing);
  });

  it('sees that a healthy app died while its health is asked for again [F26]', async () => {
    const spec = instanceSpec(image);
    await place.cluster.startInstance(spec);
    await place.cluster.waitHealthy(spec.name, HEALTH, never, nothing);
    await place.cluster.keepRunning(spec.name, 'test');
    const error = failureOf(place.cluster.waitHealthy(spec.name, { ...HEALTH, status: 204 }, never, nothing));
    await ask(place.cluster, spec.name, '/die').catch(nothing);
    expect(await error).to.be.instanceOf(InstanceUnhealthyError);
    const { State: state } = await inspect(spec.name);
    expect(state.Running || state.Restarting, 'it is stopped').to.equal(false);
  });

  it('asks an app to end before it kills it', async () => {
    const spec = instanceSpec(image);
    const { id } = await place.cluster.startInstance(spec);
    await place.cluster.waitHealthy(spec.name, HEALTH, never, nothing);
    const log = await place.docker.getContainer(id).logs({ stdout: true, follow: true });
    let output = '';
    log.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
    });
    const began = Date.now();
    await place.cluster.removeInstance(spec.name, 8_000);
    expect(Date.now() - began).to.be.below(6_000);
    await until(async () => output.includes('asked to end'));
  });

  it('says which program of the image is missing', async () => {
    const maker = await place.docker.createContainer({ Image: image, Cmd: ['/no/such/program'] });
    const { Id } = await maker.commit({ changes: `LABEL gantry.installation=${place.installation}` });
    await maker.remove();
    const spec = instanceSpec(Id);
    await place.cluster.startInstance(spec);
    const error = await failureOf(place.cluster.waitHealthy(spec.name, HEALTH, never, nothing));
    expect((error as InstanceUnhealthyError).details.lastLines.join('\n')).to.include('/no/such/program');
  });

  it('refuses more processors than the machine has, as the fault of whoever asked for them', async () => {
    const spec = instanceSpec(image, { resources: { memory: 64 * 1024 * 1024, cpus: 5_000 } });
    const error = await failureOf(place.cluster.startInstance(spec));
    expect(error).to.include({ fault: 'user' });
    expect(error.message).to.include('CPUs');
  });

  it('makes one network, however many ask for it', async () => {
    const client = connectDocker({});
    const name = `${place.network}-many`;
    await Promise.all(Array.from({ length: 8 }, () => ensureNetwork(client, name, place.installation)));
    const found = await place.docker.listNetworks({ filters: JSON.stringify({ name: [name] }) });
    expect(found).to.have.length(1);
  });

  it('says where Docker does not answer, and what to do', async () => {
    const docker = { socketPath: '/nonexistent/docker.sock' };
    const { installation, network, bytes } = place;
    const error = await failureOf(new DockerCluster({ docker, installation, bytes, network }).describe());
    expect(error).to.be.instanceOf(StepFailure).and.include({ fault: 'world' });
    expect(error.message).to.include('unix:///nonexistent/docker.sock');
    expect((error as StepFailure).next).to.include('gantry doctor');
  });
});

async function ask(cluster: DockerCluster, name: string, path: string): Promise<string> {
  const seen = await cluster.findInstance(name);
  return new Promise((resolve, reject) => {
    const call = get({ host: seen?.address, port: 8080, path, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve(text)).on('error', reject);
    });
    call.on('error', reject);
  });
}

async function fileInside(cluster: DockerCluster, name: string, path: string): Promise<unknown> {
  return JSON.parse(await ask(cluster, name, `/file?path=${encodeURIComponent(path)}`));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; !(await isSo()); await wait(50)) {
    if (Date.now() > deadline) expect.fail('it did not become so within 10 s');
  }
}
