import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { keepImages } from '../../../runners/control/keep-images';
import { DockerImages } from '../../../runners/docker/images';
import type { World } from '../../../runners/world';
import { type House, makeHouse } from '../../support/house';
import { requireDocker } from '../../support/skips';
import { APP_FILES, type DockerPlace, dockerPlace } from '../docker/harness';

const PIPELINE = `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 30s }
stages:
  production: { keepWarm: 0s }
`;

/** Another image for each version. */
const Dockerfile = APP_FILES.Dockerfile.replace('USER', 'COPY version /version\nUSER');

describe('a cold rollback on Docker', () => {
  let place: DockerPlace;
  let house: House;
  let world: World;

  before(function () {
    requireDocker(this);
  });

  beforeEach(async () => {
    place = await dockerPlace();
    const { cluster, builder, network } = place;
    // Nobody rings in this house, so there is no Redis that could be up.
    house = await makeHouse({
      hasty: true,
      change: (dummy) => {
        const images = new DockerImages({ docker: {}, network, kept: dummy.kept });
        world = { ...dummy, installation: place.installation, cluster, builder, images };
        return world;
      },
    });
    await house.engine.apps.create('shop', 'user:ada');
  });

  afterEach(async () => {
    await house.close();
    await place.remove();
  });

  it('needs neither the image nor the repository, no build, and no Redis [F38]', async function () {
    this.timeout(180_000);
    for (const version of ['1', '2', '3']) {
      const run = await house.push('shop', { ...APP_FILES, Dockerfile, 'gantry.yml': PIPELINE, version });
      const { row } = await house.through('shop', run);
      expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    }
    await keepImages(house.engine, world, 3)(new AbortController().signal);
    const first = await house.engine.releases.show('shop', 1);
    expect(first.image.state).to.equal('kept');
    await place.docker.getImage(first.record.image.id).remove({ force: true });
    await rename(join(house.folder, 'git'), join(house.folder, 'away'));

    const { run } = await house.engine.runs.rollback({ app: 'shop', reason: '', to: 1 }, 'user:ada');
    house.worker.wake();
    const { row } = await house.through('shop', run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    const instances = await place.cluster.listInstances();
    const back = instances.filter(({ labels, running }) => labels.release === '1' && running);
    expect(back.map(({ imageId }) => imageId)).to.deep.equal([first.record.image.id]);
    expect((await house.engine.releases.show('shop', 1)).roles).to.deep.equal([
      { environment: 'production', role: 'stable' },
    ]);
  });
});
