import { expect } from 'chai';
import { DummyCluster } from '../../../runners/dummy/cluster';
import { type ClusterPlace, clusterContract, failureOf, instanceSpec } from '../cluster-contract';
import { scratchBytes } from '../docker/harness';

describe('the dummy cluster', () => {
  const missingImage = `sha256:${'0'.repeat(64)}`;
  let place: ClusterPlace;
  let remove: () => Promise<void>;

  before(async () => {
    const scratch = await scratchBytes();
    remove = scratch.remove;
    const cluster = new DummyCluster({ bytes: scratch.bytes });
    cluster.removeImage(missingImage);
    place = { cluster, bytes: scratch.bytes, image: `sha256:${'1'.repeat(64)}`, missingImage };
  });

  after(() => remove());

  clusterContract(() => place);

  it('does not start an instance that shall fail to start', async () => {
    const spec = instanceSpec(place.image, { env: { DUMMY_FAIL_START: 'no such entry point' } });
    const error = await failureOf(place.cluster.startInstance(spec));
    expect(error.message).to.include('no such entry point');
    expect(await place.cluster.findInstance(spec.name)).to.equal(undefined);
  });
});
