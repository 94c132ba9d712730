import { expect } from 'chai';
import { routeOf } from '../../../engine/environments/find';
import type { Lane } from '../../../engine/ports/gateway';
import { TRAFFIC_KEPT_MS } from '../../../engine/traffic/record';
import { TrafficSampler } from '../../../runners/control/sample-traffic';
import { DummyGateway } from '../../../runners/dummy/gateway';
import { makeEngine, type TestEngine } from '../../support/engine';
import { FakeRunner } from '../../web/support/runner';

describe('the sampler of traffic', () => {
  /** The sampler's clock goes ahead of the machine's, so that nobody waits. */
  let ahead = 0;
  let house: TestEngine;
  let gateway: DummyGateway;
  let sampler: TrafficSampler;
  let slot = 0;
  let lanes: { stable: Lane; gray: Lane };
  let runner: FakeRunner;

  /** A second release is gray beside the first. */
  beforeEach(async () => {
    ahead = 0;
    house = await makeEngine({ clock: { now: () => Date.now() + ahead } });
    const { engine } = house;
    await engine.users.first('owner');
    await engine.apps.create('storefront', 'user:owner');
    runner = new FakeRunner(engine);
    for (const [before, after] of [
      ['0', 'a'],
      ['a', 'b'],
    ] as const) {
      const commits = { before: before.repeat(40), after: after.repeat(40) };
      const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', ...commits, pusher: 'owner' };
      await engine.deliveries.accept(push, 'user:owner');
      await runner.succeedUntil('gray/approve');
      const decision = { app: 'storefront', run: after === 'a' ? 1 : 2, user: 'owner', vote: 'yes' as const };
      await engine.approvals.decide({ ...decision, reason: '' });
      await runner.succeedUntil(after === 'a' ? 'production/retire' : 'gray/share');
    }
    gateway = new DummyGateway();
    sampler = new TrafficSampler(engine, { gateway, cluster: { name: 'local' } } as never);
    const environment = await production();
    slot = environment.slot;
    lanes = { stable: environment.traffic.stable as Lane, gray: environment.traffic.gray as Lane };
    await gateway.route(routeOf(environment));
  });
  afterEach(async () => {
    sampler.rest();
    await house.close();
  });

  const production = async () => {
    const app = await house.engine.apps.find('storefront');
    const environment = await house.engine.environments.production(app.id);
    if (environment === undefined) throw new Error('there is no production');
    return environment;
  };
  const turn = async () => {
    ahead += 2_000;
    await sampler.turn();
  };
  const serve = (lane: Lane, count: number, status = 200, responseMs = 10) => {
    for (let i = 0; i < count; i++) gateway.serve(slot, { lane, status, responseMs });
  };
  const shown = () => house.engine.traffic.show('storefront', 2, 50);

  it('measures stable and gray side by side, beginning with what comes after its first look', async () => {
    serve(lanes.stable, 500);
    await turn();
    expect((await shown())?.releases, 'what was before is not of this time').to.deep.equal([]);
    serve(lanes.stable, 40, 200, 20);
    serve(lanes.gray, 3, 200, 100);
    serve(lanes.gray, 1, 500, 100);
    await turn();
    const traffic = await shown();
    expect(traffic).to.include({ open: true });
    const [stable, gray] = traffic?.releases ?? [];
    expect(stable).to.include({ role: 'stable', release: 1 });
    expect(stable?.total).to.include({ requests: 40, errors: 0 });
    expect(stable?.total.perSecond).to.be.closeTo(20, 1);
    expect(stable?.total.p95).to.be.closeTo(20, 1);
    expect(gray).to.include({ role: 'gray', release: 2 });
    expect(gray?.total).to.include({ requests: 4, errors: 1 });
    expect(gray?.total.p50).to.be.closeTo(100, 5);
  });

  it('goes on after the gateway began to count anew', async () => {
    serve(lanes.stable, 100);
    await turn();
    const counters = gateway.counters.bind(gateway);
    gateway.counters = async () => (await counters()).map((c) => ({ ...c, requests: 7, errors5xx: 0, failed: 0 }));
    await turn();
    expect((await shown())?.releases[0]?.total.requests).to.equal(7);
  });

  it('writes nothing more once nobody is gray, and what it wrote stays to be seen', async () => {
    await turn();
    serve(lanes.gray, 5);
    await turn();
    ahead = 0; // a step is ready by the machine's clock
    await runner.succeedUntil('production/promote');
    ahead = 10_000;
    const newest = await house.engine.traffic.newest((await production()).id);
    await turn();
    await turn();
    expect(await house.engine.traffic.newest((await production()).id)).to.equal(newest);
    const traffic = await shown();
    expect(traffic).to.include({ open: false });
    expect(traffic?.releases.find((r) => r.role === 'gray')?.total.requests).to.equal(5);
  });

  it('forgets what was kept for long enough', async () => {
    await turn();
    await turn();
    ahead += TRAFFIC_KEPT_MS + 3_600_000;
    sampler.rest();
    await turn();
    expect((await shown())?.releases).to.deep.equal([]);
  });
});
