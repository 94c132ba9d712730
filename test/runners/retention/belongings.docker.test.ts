import { expect } from 'chai';
import type { Belonging } from '../../../engine/ports/belongings';
import { GRACE_MS, Reaper } from '../../../runners/control/reap';
import { DockerBelongings } from '../../../runners/docker/belongings';
import { cacheVolumes, ensureVolumes } from '../../../runners/docker/cache-volumes';
import { connectDocker } from '../../../runners/docker/client';
import { writeLabels } from '../../../runners/docker/labels';
import { ensureStageNetwork, stageNetworks } from '../../../runners/docker/networks';
import { makeEngine, type TestEngine } from '../../support/engine';
import { requireDocker } from '../../support/hooks';
import { instanceSpec } from '../cluster-contract';
import { buildTestApp, type DockerPlace, dockerPlace } from '../docker/harness';

const KINDS: readonly Belonging['kind'][] = ['container', 'network', 'volume', 'image'];

/** An installation with one of everything: an instance, a command, a network of a stage, a cache, an image. */
interface Installation extends DockerPlace {
  belongings: DockerBelongings;
  image: string;
  instance: string;
  command: string;
}

async function installation(): Promise<Installation> {
  const place = await dockerPlace();
  const client = connectDocker({});
  const image = await buildTestApp(place);
  const spec = instanceSpec(image);
  await place.cluster.startInstance(spec);
  await ensureStageNetwork(client, stageNetworks(place.network, 'left')[0], place.installation);
  const caches = cacheVolumes(place.network, { key: 'shop', paths: ['~/.m2'] });
  await ensureVolumes(client, caches, place.installation, 'shop');
  const command = `${place.network}-command`;
  const labels = { app: 'shop', run: '1', step: 'build/image', epoch: 1, role: 'build' as const };
  const made = { name: command, Image: image, Labels: writeLabels(place.installation, labels) };
  await (await place.docker.createContainer(made)).start();
  const { installation: id, network } = place;
  const belongings = new DockerBelongings({ docker: {}, installation: id, network });
  return { ...place, belongings, image, instance: spec.name, command };
}

describe('what an installation has on a Docker that it shares', function () {
  this.timeout(60_000);
  let one: Installation;
  let other: Installation;

  before(async function () {
    requireDocker(this);
    one = await installation();
    other = await installation();
  });
  after(async () => {
    await one?.remove();
    await other?.remove();
  });

  const names = async ({ belongings }: Installation, kinds = KINDS) =>
    (await belongings.list(kinds)).map(({ kind, name }) => `${kind} ${name}`).sort();

  it('is listed with its labels, its age, and who uses it, and nothing of anybody else', async () => {
    const mine = await one.belongings.list(KINDS);
    const theirs = await other.belongings.list(KINDS);
    const find = (kind: string, name: string) => mine.find((it) => it.kind === kind && it.name.startsWith(name));
    expect(find('container', one.instance)).to.deep.include({ inUse: true, lasting: false });
    expect(find('container', one.command)?.labels).to.deep.include({ run: '1', step: 'build/image', epoch: 1 });
    expect(find('network', `${one.network}-stage-left-1`)).to.deep.include({ inUse: false, stage: 'left' });
    const common = mine.find(({ name }) => name === one.network);
    expect(common).to.deep.include({ kind: 'network', lasting: true });
    expect(find('volume', `${one.network}-cache-`)?.labels).to.include({ app: 'shop', role: 'build' });
    const image = mine.find(({ id }) => id === one.image);
    expect(image).to.include({ kind: 'image', inUse: true });
    expect(image?.bytes).to.be.greaterThan(1_000_000);
    expect(image?.madeAt).to.be.within(Date.now() - 600_000, Date.now() + 1_000);
    const ids = new Set(theirs.map(({ id }) => id));
    expect(mine.filter(({ id }) => ids.has(id))).to.deep.equal([]);
    expect(theirs.length).to.equal(mine.length);
  });

  it('is not touched by another installation, even when that one asks for it by its id', async () => {
    const before = await names(other);
    for (const theirs of await other.belongings.list(KINDS)) await one.belongings.remove(theirs);
    expect(await names(other)).to.deep.equal(before);
  });

  it('loses what its own reaper finds without an owner, and nothing of another installation', async () => {
    let ahead = 0;
    const test: TestEngine = await makeEngine({ clock: { now: () => Date.now() + ahead } });
    try {
      const before = await names(other);
      const world = { belongings: one.belongings, cluster: one.cluster } as never;
      const reaper = new Reaper(test.engine, world);
      await reaper.turn();
      ahead += GRACE_MS;
      await reaper.turn();
      const left = await names(one, ['container', 'network']);
      // No record knows its environment: it may serve.
      expect(left).to.deep.equal([`container ${one.instance}`, `network ${one.network}`]);
      expect(await names(other)).to.deep.equal(before);
    } finally {
      await test.close();
    }
  });

  it('keeps an image that a container is made of, and tells why', async () => {
    const image = (await one.belongings.list(['image'])).find(({ id }) => id === one.image);
    expect(image).to.not.equal(undefined);
    expect(await one.belongings.remove(image as Belonging)).to.match(/container/);
    expect(await one.cluster.hasImage(one.image)).to.equal(true);
  });

  it('loses only its own name of an image that others have a name for', async () => {
    const [base] = await one.docker.listImages({ filters: JSON.stringify({ reference: ['gantry/node'] }) });
    const id = base?.Id ?? '';
    for (const { network } of [one, other]) await one.docker.getImage(id).tag({ repo: `${network}/base`, tag: 'node' });
    const mine = (await one.belongings.list(['image'])).find((image) => image.id === id);
    expect(mine).to.include({ name: `${one.network}/base:node`, bytes: 0 });
    expect(await one.belongings.remove(mine as Belonging)).to.equal(undefined);
    const tags = (await one.docker.getImage(id).inspect()).RepoTags;
    expect(tags).to.include(`${other.network}/base:node`).and.not.include(`${one.network}/base:node`);
    expect(tags.some((tag) => tag.startsWith('gantry/node'))).to.equal(true);
  });

  it('loses an image that nothing is made of, with every name of it', async () => {
    await one.cluster.removeInstance(one.instance, 0);
    const image = (await one.belongings.list(['image'])).find(({ id }) => id === one.image);
    expect(await one.belongings.remove(image as Belonging)).to.equal(undefined);
    expect(await one.cluster.hasImage(one.image)).to.equal(false);
    expect(await other.cluster.hasImage(other.image)).to.equal(true);
  });
});
