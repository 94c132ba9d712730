import { appendFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { GantryError } from '../../../engine/model/errors';
import type { ImageShown } from '../../../engine/releases/show';
import { keepImages } from '../../../runners/control/keep-images';
import { type House, makeHouse } from '../../support/house';

const PIPELINE = `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 2s }
stages:
  production: { keepWarm: 0s }
`;
const DAY_MS = 24 * 3_600_000;
const forever = new AbortController().signal;

describe('the images of releases', () => {
  let house: House;
  let turn: (signal: AbortSignal) => Promise<void>;
  /** How far the clock was put forward, ms. */
  let ahead: number;

  beforeEach(async () => {
    ahead = 0;
    house = await makeHouse({ hasty: true, parts: { clock: { now: () => Date.now() + ahead } } });
    await house.engine.apps.create('shop', 'user:ada');
    turn = keepImages(house.engine, house.world, 1);
  });
  afterEach(() => house.close());

  const release = async (version: number): Promise<void> => {
    const files = { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': PIPELINE, version: String(version) };
    const { row } = await house.through('shop', await house.push('shop', files));
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
  };
  const shown = async (number: number): Promise<ImageShown> => (await house.engine.releases.show('shop', number)).image;
  const states = async () => {
    const releases = await house.engine.releases.showAll('shop');
    return Object.fromEntries(releases.map(({ number, image }) => [number, image.state]));
  };
  const imageOf = async (number: number) => (await house.engine.releases.show('shop', number)).record.image.id;
  const blobs = async () => {
    const found: string[] = [];
    for await (const { digest } of house.world.kept.list()) found.push(digest);
    return found.sort();
  };
  const back = async (to: number) => {
    const { run } = await house.engine.runs.rollback({ app: 'shop', reason: '', to }, 'user:ada');
    return (await house.settled('shop', run)).row;
  };
  const auditOf = async (action: string) => {
    const rows = await house.engine.parts.store.read.selectFrom('audit').selectAll().execute();
    return rows.filter((row) => row.action === action).map((row) => row.object);
  };
  /** A blob that only this release has, changed on disk. */
  const damage = async (number: number) => {
    const archive = (await house.engine.archives.find(await imageOf(number)))?.archive;
    const digest = archive?.layers.at(-1)?.digest ?? '';
    await appendFile(await house.world.kept.file(digest), 'x');
    return digest;
  };

  it('are kept in the background, each blob once however many releases stand on it', async () => {
    await release(1);
    expect(await states()).to.deep.equal({ 1: 'not yet' });
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'kept' });
    expect(await blobs()).to.have.length(3);
    await release(2);
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'kept', 2: 'kept' });
    // The base is one of the five.
    expect(await blobs()).to.have.length(5);
    expect(await auditOf('release.image-kept')).to.deep.equal(['shop release 1', 'shop release 2']);
  });

  it('bring a release back after Docker lost its image, with the repository gone and no Redis [F38]', async () => {
    await release(1);
    await release(2);
    await release(3);
    await turn(forever);
    house.world.cluster.removeImage(await imageOf(1));
    await rename(join(house.folder, 'git'), join(house.folder, 'away'));
    const row = await back(1);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    const [step] = (await house.engine.runs.find('shop', row.number)).steps;
    const log = (await house.engine.parts.logs.read(row.id, step?.id ?? '', 0, 10_000)).toString();
    expect(log).to.match(/the image of release 1 is not here; its kept bytes are loaded \(1 MiB\)/);
    expect(await house.world.cluster.hasImage(await imageOf(1))).to.equal(true);
    const [production] = await house.engine.environments.show((await house.engine.apps.find('shop')).id);
    expect([production?.stable?.number, production?.warm?.number]).to.deep.equal([1, 3]);
  });

  it('of old releases go when enough others can be gone back to, never those that are a way back', async () => {
    for (const version of [1, 2, 3, 4]) {
      await release(version);
      await turn(forever);
    }
    // 4 serves, 3 is the way back, 2 is the one predecessor that is kept besides.
    expect(await states()).to.deep.equal({ 1: 'not kept', 2: 'kept', 3: 'kept', 4: 'kept' });
    expect(await auditOf('release.image-dropped')).to.deep.equal(['shop release 1']);
    expect(await blobs()).to.have.length(9, 'a blob that is young may belong to an image that is just being kept');
    ahead = DAY_MS;
    await turn(forever);
    expect(await blobs()).to.have.length(7);
    expect((await back(2)).state).to.equal('succeeded');
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'not kept', 2: 'kept', 3: 'kept', 4: 'kept' });
  });

  it('stay while somebody is on the way back to their release', async () => {
    for (const version of [1, 2, 3]) await release(version);
    await turn(forever);
    await house.engine.holds.begin('upgrade', { reason: 'nothing begins', since: 1, forMs: 60_000 });
    const { run } = await house.engine.runs.rollback({ app: 'shop', reason: '', to: 1 }, 'user:ada');
    const strict = keepImages(house.engine, house.world, 0);
    await strict(forever);
    expect(await states()).to.deep.equal({ 1: 'kept', 2: 'kept', 3: 'kept' });
    await house.engine.runs.cancel({ app: 'shop', run, reason: '' }, 'user:ada');
    await strict(forever);
    expect(await states()).to.deep.equal({ 1: 'not kept', 2: 'kept', 3: 'kept' });
  });

  it('that were damaged are found within a day, told, and taken again from the cluster [F40]', async () => {
    await release(1);
    await turn(forever);
    const digest = await damage(1);
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'kept' }, 'nobody has looked yet');
    ahead = DAY_MS;
    await turn(forever);
    const told = await shown(1);
    expect(told.state).to.equal('damaged');
    expect(told.reason).to.contain(`the stored bytes of ${digest} hash to sha256:`);
    expect(await auditOf('release.image-damaged')).to.deep.equal(['shop release 1']);
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'kept' });
    await house.world.kept.file(digest);
  });

  it('that cannot be read for a moment stay where they are, and are looked at again', async () => {
    await release(1);
    await turn(forever);
    const before = await blobs();
    const unreadable = new GantryError('unavailable', 'artifact-unreadable', 'too many open files');
    const kept = { ...house.world.kept, read: () => new PassThrough().destroy(unreadable) };
    ahead = DAY_MS;
    const failed = await keepImages(house.engine, { ...house.world, kept }, 1)(forever).catch((error: Error) => error);
    expect(failed).to.equal(unreadable);
    expect(await blobs()).to.deep.equal(before);
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'kept' });
  });

  it('that were damaged are written anew, also when the damaged bytes could not be removed', async () => {
    await release(1);
    await turn(forever);
    const digest = await damage(1);
    await house.engine.archives.noteDamage(digest, 'changed'); // and here its runner was killed
    const known: string[] = [];
    const { images } = house.world;
    const keep: typeof images.keep = (id, blobs, signal) => {
      known.push(...blobs.map((blob) => blob.digest));
      return images.keep(id, blobs, signal);
    };
    const restore = images.restore.bind(images);
    await keepImages(house.engine, { ...house.world, images: { keep, restore } }, 1)(forever);
    expect(known).to.not.contain(digest);
    expect(await states()).to.deep.equal({ 1: 'kept' });
    await house.world.kept.file(digest);
  });

  it('are hashed again after something beside them was collected', async () => {
    for (const version of [1, 2, 3]) await release(version);
    await turn(forever);
    await damage(3);
    await release(4);
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'not kept', 2: 'kept', 3: 'kept', 4: 'kept' });
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'not kept', 2: 'kept', 3: 'damaged', 4: 'kept' });
  });

  it('that are damaged and nowhere else refuse a rollback with the reason, before anything is stopped [F40] [S30]', async () => {
    for (const version of [1, 2, 3]) await release(version);
    await turn(forever);
    await damage(1);
    house.world.cluster.removeImage(await imageOf(1));
    ahead = DAY_MS;
    await turn(forever);
    const row = await back(1);
    expect(row.state).to.equal('failed');
    expect(row.reason).to.match(/image of release 1 is not on this cluster any more, and the stored bytes .* hash to/);
    const [production] = await house.engine.environments.show((await house.engine.apps.find('shop')).id);
    expect([production?.stable?.number, production?.warm?.number]).to.deep.equal([3, 2]);
  });

  it('are looked at, and taken again, after records were restored without their bytes', async () => {
    await release(1);
    await turn(forever);
    const whole = await blobs();
    for (const digest of whole) await house.world.kept.remove(digest);
    await house.engine.holds.confirmRestore('user:ada', new Map());
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'damaged' });
    await turn(forever);
    expect([await states(), await blobs()]).to.deep.equal([{ 1: 'kept' }, whole]);
  });

  it('that cannot be kept say why, and are tried again later', async () => {
    await release(1);
    house.world.cluster.removeImage(await imageOf(1));
    await turn(forever);
    expect(await shown(1)).to.include({
      state: 'failed',
      reason: `the image ${await imageOf(1)} is not on this cluster any more`,
    });
    house.world.cluster.addImage(await imageOf(1));
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'failed' }, 'not at once');
    ahead = 60_000;
    await turn(forever);
    expect(await states()).to.deep.equal({ 1: 'kept' });
  });

  it('are recorded by the newest actor only: a late one changes nothing', async () => {
    await release(1);
    const [image] = (await house.engine.archives.due('local', 1)).keep;
    if (image === undefined) throw new Error('nothing is due');
    const late = await house.engine.archives.begin(image);
    await turn(forever);
    await house.engine.archives.end(image, late, { failed: 'Docker did not answer' });
    expect(await states()).to.deep.equal({ 1: 'kept' });
  });
});
