import { expect } from 'chai';
import { type House, makeHouse } from '../../support/house';
import { requireDocker } from '../../support/skips';
import { until } from '../../web/support/until';
import { APP_FILES, type DockerPlace, dockerPlace } from '../docker/harness';

/** A build that does not want to end. */
const PIPELINE = `app: shop
build:
  commands:
    - name: stubborn
      in: gantry/node
      run: trap '' TERM INT HUP; echo begun; while true; do sleep 1; done
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 30s }
stages: { production: {} }
`;
const ACKNOWLEDGED_MS = 1_000;
const GONE_MS = 15_000;

describe('cancelling a build on Docker', () => {
  let place: DockerPlace;
  let house: House;

  before(function () {
    requireDocker(this);
  });
  beforeEach(async () => {
    place = await dockerPlace();
    const { cluster, builder, installation } = place;
    house = await makeHouse({ hasty: true, change: (dummy) => ({ ...dummy, installation, cluster, builder }) });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(async () => {
    await house.close();
    await place.remove();
  });

  const containers = () =>
    place.docker.listContainers({
      all: true,
      filters: JSON.stringify({ label: [`gantry.installation=${place.installation}`, 'gantry.role=build'] }),
    });

  it('is answered within a second, and its container is gone in 15, although it ignores SIGTERM', async function () {
    this.timeout(90_000);
    const run = await house.push('shop', { ...APP_FILES, 'gantry.yml': PIPELINE });
    await until(async () => (await containers()).some(({ State }) => State === 'running'));
    const began = Date.now();
    await house.engine.runs.cancel({ app: 'shop', run, reason: '' }, 'user:ada');
    expect(Date.now() - began).to.be.at.most(ACKNOWLEDGED_MS);
    await until(async () => (await containers()).length === 0);
    expect(Date.now() - began).to.be.at.most(GONE_MS);
    const { row, steps } = await house.settled('shop', run);
    expect(row.state).to.equal('cancelled');
    expect(steps.find(({ name }) => name === 'command/stubborn')?.state).to.equal('cancelled');
  });
});
