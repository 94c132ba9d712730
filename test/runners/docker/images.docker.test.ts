import { createHash } from 'node:crypto';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { blobsOf, sizeOf } from '../../../engine/ports/images';
import { DockerImages } from '../../../runners/docker/images';
import { requireDocker, skipBecause } from '../../support/skips';
import { instanceSpec } from '../cluster-contract';
import { buildCall, buildTestApp, type DockerPlace, dockerPlace, scratchBytes, tarOf } from './harness';
import { noSecondEngine, startSecondEngine } from './second-engine';

const forever = new AbortController().signal;

describe('kept images of Docker', () => {
  let place: DockerPlace;
  let scratch: Awaited<ReturnType<typeof scratchBytes>>;
  let images: DockerImages;

  before(function () {
    requireDocker(this);
  });

  beforeEach(async () => {
    place = await dockerPlace();
    scratch = await scratchBytes();
    images = new DockerImages({ docker: {}, network: place.network, kept: scratch.bytes });
  });

  afterEach(async () => {
    await place.remove();
    await scratch.remove();
  });

  const listed = async () => {
    const found = new Map<string, { size: number; writtenAt: number }>();
    for await (const { digest, ...rest } of scratch.bytes.list()) found.set(digest, rest);
    return found;
  };
  /** Blobs that are being written. */
  const incoming = async () => (await readdir(join(scratch.folder, 'incoming')).catch(() => [])).length;
  const removeImage = async (id: string) => {
    await place.docker.getImage(id).remove({ force: true });
    expect(await place.cluster.hasImage(id)).to.equal(false);
  };
  const build = async (files: Record<string, string>) => {
    const request = { dockerfile: 'Dockerfile', target: null, args: {}, app: 'shop', context: tarOf(files) };
    return (await place.builder.buildImage({ ...buildCall(), ...request })).imageId;
  };
  /** A small image of one file that all of them have and one of its own. */
  const buildSmall = (own: string) =>
    build({
      Dockerfile: 'FROM scratch\nCOPY base /base\nCOPY own /own\n',
      base: 'base '.repeat(100_000),
      own,
    });

  it('come back byte for byte after the image was removed, and an instance of it serves', async function () {
    this.timeout(120_000);
    const image = await buildTestApp(place);
    const archive = await images.keep(image, [], forever);
    await removeImage(image);
    await images.restore(archive, 'shop', forever);
    const { RepoTags } = await place.docker.getImage(image).inspect();
    expect(RepoTags).to.deep.equal([`${place.network}/shop:${image.slice(7, 19)}`]);
    const spec = instanceSpec(image);
    await place.cluster.startInstance(spec);
    const health = { path: '/health', status: 200, withinMs: 20_000, port: 8080 };
    await place.cluster.waitHealthy(spec.name, health, forever, () => undefined);
  });

  it('share the layers of their base: the second one adds only its own', async () => {
    const first = await images.keep(await buildSmall('one'), [], forever);
    const before = await listed();
    const second = await images.keep(await buildSmall('two'), blobsOf(first), forever);
    const after = await listed();
    const [base, own] = second.layers;
    expect(base).to.deep.equal(first.layers[0]);
    expect(after.get(base?.digest ?? '')).to.deep.equal(before.get(base?.digest ?? ''), 'it was not written again');
    const added = [...after.keys()].filter((digest) => !before.has(digest));
    expect(added).to.have.members([second.config.digest, own?.digest]);
    expect(sizeOf(second)).to.be.greaterThan(500_000);
  });

  it('are whole although a layer has the size of another one that is kept', async () => {
    const first = await images.keep(await buildSmall('one'), [], forever);
    const second = await images.keep(await buildSmall('two'), blobsOf(first), forever);
    const [own, other] = [first.layers[1], second.layers[1]];
    expect(own?.size).to.equal(other?.size);
    expect(own?.digest).to.not.equal(other?.digest);
    for (const blob of blobsOf(second)) expect(await scratch.bytes.has(blob.digest)).to.equal(true);
  });

  it('say so when the image is not there', async () => {
    const missing = `sha256:${'0'.repeat(64)}`;
    const error = await images.keep(missing, [], forever).catch((reason: Error) => reason);
    expect(error).to.include({ name: 'StepFailure', fault: 'user' });
    expect((error as Error).message).to.equal(`the image ${missing} is not on this cluster any more`);
  });

  it('are left at once when the runner stops, and nothing half is seen [F41]', async function () {
    this.timeout(60_000);
    const image = await buildTestApp(place);
    const stop = new AbortController();
    const keeping = images.keep(image, [], stop.signal).catch((reason: unknown) => reason);
    // Docker gathers the whole image before it sends its first byte; the largest layer takes its time.
    while ((await incoming()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new Error('the runner stops'));
    expect(await keeping).to.have.property('message', 'the runner stops');
    expect(await incoming()).to.equal(0);
    for (const [digest] of await listed()) await scratch.bytes.file(digest);
  });

  it('are not loaded when a blob was changed on disk [F40] [S30]', async () => {
    const image = await buildSmall('one');
    const archive = await images.keep(image, [], forever);
    const top = archive.layers.at(-1);
    await appendFile(await scratch.bytes.file(top?.digest ?? ''), 'x');
    await removeImage(image);
    const error = await images.restore(archive, 'shop', forever).catch((reason: Error) => reason);
    expect(error).to.include({ code: 'artifact-damaged' });
    expect(await place.cluster.hasImage(image)).to.equal(false);
  });

  it('are what their digests say, blob by blob', async () => {
    const image = await buildSmall('one');
    const archive = await images.keep(image, [], forever);
    expect([archive.image, archive.config.digest]).to.deep.equal([image, image]);
    const config = await text(scratch.bytes.read(archive.config.digest));
    const { rootfs } = JSON.parse(config) as { rootfs: { diff_ids: string[] } };
    expect(archive.layers.map(({ digest }) => digest)).to.deep.equal(rootfs.diff_ids);
    for (const { digest, size } of blobsOf(archive)) {
      const hash = createHash('sha256');
      let count = 0;
      for await (const chunk of scratch.bytes.read(digest)) {
        hash.update(chunk as Buffer);
        count += (chunk as Buffer).length;
      }
      expect([`sha256:${hash.digest('hex')}`, count]).to.deep.equal([digest, size]);
    }
  });

  it('come back on another host, which never saw them', async function () {
    this.timeout(120_000);
    const reason = noSecondEngine();
    if (reason !== undefined) skipBecause(this, reason);
    const image = await build({ Dockerfile: 'FROM gantry/debian\nCMD ["true"]\n' });
    const archive = await images.keep(image, [], forever);
    const other = await startSecondEngine();
    try {
      const there = { docker: { socketPath: other.socketPath }, network: place.network, kept: scratch.bytes };
      await new DockerImages(there).restore(archive, 'shop', forever);
      expect((await other.docker.getImage(image).inspect()).Id).to.equal(image);
      const container = await other.docker.createContainer({ Image: image, HostConfig: { NetworkMode: 'none' } });
      await container.start();
      expect(await container.wait()).to.include({ StatusCode: 0 });
      await container.remove();
    } finally {
      await other.stop();
    }
  });
});
