import { expect } from 'chai';
import {
  type Gateway,
  type GatewayServer,
  type GatewaySlot,
  type Lane,
  type Route,
  StaleRouteError,
} from '../../../engine/ports/gateway';

/** What the suite needs of each implementation. */
export interface GatewayHarness {
  gateway: Gateway;
  /** The same gateway as another runner sees it. */
  other: Gateway;
  /** A running app instance; the same name gives the same instance. */
  instance(name: string): Promise<GatewayServer>;
  /** Sends one request to `host`, so that the gateway counts it; `status` is what the app shall answer. */
  request(host: string, slot: number, lane: Lane, status: number): Promise<void>;
}

/** A route with everything that a test does not care about. */
export function aRoute(host: string, slot: number, version: number, change: Partial<Route> = {}): Route {
  return { host, slot, version, stable: 'a', gray: null, warm: null, share: 0, salt: 's1', rules: {}, ...change };
}

/** A slot with servers in the lanes named. */
export function aSlot(route: Route, lanes: Partial<Record<Lane, GatewayServer[]>> = {}): GatewaySlot {
  return { route, sticky: false, lanes: { a: [], b: [], c: [], ...lanes } };
}

/** The contract of `engine/ports/gateway.ts`, run against every implementation. */
export function keepsTheGatewayContract(harness: () => GatewayHarness): void {
  it('says where clients reach it, and starting it again changes nothing', async () => {
    const { gateway } = harness();
    const address = await gateway.start();
    expect(await gateway.start()).to.deep.equal(address);
    expect(await gateway.address()).to.deep.equal(address);
  });

  it('follows a route, with rules and salt as they were given', async () => {
    const { gateway, other } = harness();
    const route = aRoute('all.test', 1, 3, {
      gray: 'b',
      warm: 'c',
      share: 125,
      salt: 'salt: with "anything"',
      rules: { header: 'yes, please', cookie: 'grün; x' },
    });
    await gateway.route(route);
    expect(await other.readRoute('all.test')).to.deep.equal(route);
    expect(await gateway.readRoute('nobody.test')).to.equal(undefined);
  });

  it('refuses a switch older than the one in force, and takes the same one twice', async () => {
    const { gateway, other } = harness();
    await gateway.route(aRoute('fence.test', 2, 5, { gray: 'b', share: 100 }));
    await other.route(aRoute('fence.test', 2, 5, { gray: 'b', share: 100 }));
    const late = await other.route(aRoute('fence.test', 2, 4)).catch((error: unknown) => error);
    expect(late).to.be.instanceOf(StaleRouteError);
    const conflicting = await other.route(aRoute('fence.test', 2, 5)).catch((error: unknown) => error);
    expect(conflicting).to.be.instanceOf(StaleRouteError);
    expect((await gateway.readRoute('fence.test'))?.share).to.equal(100);
  });

  it('lets several runners switch many hosts at once and loses none', async () => {
    const { gateway, other } = harness();
    const hosts = Array.from({ length: 60 }, (_, index) => `many${index}.test`);
    await Promise.all(
      hosts.map((host, index) => (index % 2 === 0 ? gateway : other).route(aRoute(host, 3, index + 1))),
    );
    const versions = await Promise.all(hosts.map(async (host) => (await gateway.readRoute(host))?.version));
    expect(versions).to.deep.equal(hosts.map((_, index) => index + 1));
    await Promise.all(hosts.map((host) => other.removeRoute(host)));
    expect(await gateway.readRoute('many7.test')).to.equal(undefined);
  });

  it('refuses names that could not be one entry', async () => {
    const { gateway } = harness();
    for (const host of ['', 'Upper.test', 'a b', 'x;y', 'new\nline', '-x.test']) {
      const refused = await gateway.route(aRoute(host, 1, 1)).catch((error: unknown) => error);
      expect((refused as Error).name, host).to.equal('GatewayInputError');
    }
  });

  it('adds servers so that they are up, and removes them; both may be repeated', async () => {
    const { gateway, other } = harness();
    const servers = [await harness().instance('one'), await harness().instance('two')];
    await gateway.addServers(4, 'a', servers);
    await other.addServers(4, 'a', servers.slice(0, 1));
    const listed = await gateway.listServers(4);
    expect(listed.map(({ lane, name, up }) => ({ lane, name, up }))).to.have.deep.members([
      { lane: 'a', name: servers[0]?.name, up: true },
      { lane: 'a', name: servers[1]?.name, up: true },
    ]);
    const names = servers.map((server) => server.name);
    await gateway.removeServers(4, 'a', names, 1_000);
    await other.removeServers(4, 'a', names, 1_000);
    expect(await gateway.listServers(4)).to.deep.equal([]);
  });

  it('becomes equal to the records, says what it mended, and then finds nothing more', async () => {
    const { gateway, other } = harness();
    const [one, two] = [await harness().instance('one'), await harness().instance('two')];
    await gateway.route(aRoute('forgotten.test', 6, 1));
    await gateway.addServers(6, 'b', [two]);
    const records = async () => [aSlot(aRoute('kept.test', 5, 2), { a: [one] })];
    const told = (await gateway.converge(records)).join('\n');
    expect(told).to.contain('kept.test').and.contain('forgotten.test').and.contain(one.name).and.contain(two.name);
    expect(await other.converge(records)).to.deep.equal([]);
    expect(await gateway.readRoute('forgotten.test')).to.equal(undefined);
    expect((await gateway.listServers(5)).map(({ name }) => name)).to.deep.equal([one.name]);
    expect(await gateway.listServers(6)).to.deep.equal([]);
  });

  it('does not let a comparison with old records undo a newer switch', async () => {
    const { gateway } = harness();
    const records = async () => [aSlot(aRoute('newer.test', 7, 1))];
    await gateway.converge(records);
    await gateway.route(aRoute('newer.test', 7, 2, { stable: 'b', warm: 'a' }));
    expect((await gateway.converge(records)).join()).to.contain('newer');
    expect((await gateway.readRoute('newer.test'))?.stable).to.equal('b');
  });

  it('counts requests per lane, and shows samples of a slot while it has a gray lane', async () => {
    const { gateway, request } = harness();
    const one = await harness().instance('one');
    await gateway.addServers(8, 'a', [one]);
    await gateway.addServers(8, 'b', [one]);
    await gateway.route(aRoute('count.test', 8, 1, { gray: 'b', rules: { header: 'b' } }));
    const samples: string[] = [];
    const stop = new AbortController();
    const seen = new Promise<void>((resolve) => {
      const onSample = ({ lane, status }: { lane: Lane; status: number }) => {
        samples.push(`${lane} ${status}`);
        if (samples.length === 3) resolve();
      };
      void gateway.watch(8, onSample, stop.signal).then(resolve, resolve);
    });
    await beginsToWatch();
    await request('count.test', 8, 'a', 200);
    await request('count.test', 8, 'b', 200);
    await request('count.test', 8, 'b', 500);
    await seen;
    stop.abort();
    expect(samples).to.deep.equal(['a 200', 'b 200', 'b 500']);
    const counters = (await gateway.counters()).filter((lane) => lane.slot === 8);
    expect(
      counters.map(({ lane, requests, errors5xx, failed }) => ({ lane, requests, errors5xx, failed })),
    ).to.have.deep.members([
      { lane: 'a', requests: 1, errors5xx: 0, failed: 0 },
      { lane: 'b', requests: 2, errors5xx: 1, failed: 0 },
    ]);
  });
}

/** A subscription has no answer to wait for; one round trip on the same socket later it stands. */
async function beginsToWatch(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
