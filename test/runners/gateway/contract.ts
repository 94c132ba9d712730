import { expect } from 'chai';
import {
  type Gateway,
  type GatewayRecords,
  type GatewayServer,
  type GatewaySlot,
  type GrayRule,
  type Lane,
  type Route,
  StaleRouteError,
  type UserList,
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
  /** The name of the instance that a visitor with these headers meets, who comes from `address`. */
  meets(host: string, headers: Record<string, string>): Promise<string>;
  /** Where `meets` comes from. */
  address(): Promise<string>;
}

/** A route with everything that a test does not care about. */
export function aRoute(host: string, slot: number, version: number, change: Partial<Route> = {}): Route {
  const plain = { stable: 'a', gray: null, warm: null, share: 0, salt: 's1' } as const;
  return { host, slot, version, ...plain, rules: [], key: '', identity: null, holds: false, ...change };
}

/** A header that leads to gray. */
export const byHeader = (name: string, value: string): GrayRule => ({ kind: 'header', name, match: 'equals', value });

/** A slot with servers in the lanes named. */
export function aSlot(route: Route, lanes: Partial<Record<Lane, readonly GatewayServer[]>> = {}): GatewaySlot {
  return { route, lanes: { a: [], b: [], c: [], ...lanes } };
}

/** What records say that hold these slots, these lists of users, and instances that start. */
export const theRecords =
  (slots: GatewaySlot[], users: UserList[] = [], starting: string[] = []) =>
  async (): Promise<GatewayRecords> => ({
    slots,
    users,
    names: [],
    starting,
  });

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
      key: 'a key',
      rules: [
        byHeader('X-Team', 'qa & co'),
        { kind: 'cookie', name: 'beta', match: 'startsWith', value: 'v2-' },
        { kind: 'users', list: '0123456789abcdef' },
      ],
      identity: {
        header: 'X-User',
        trustedFrom: ['10.0.0.0/8', 'fd00:0:0:0:0:0:0:0/8'],
        proof: { header: 'X-Proof', sha256: 'ab'.repeat(32) },
      },
      holds: true,
      sticky: true,
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

  it('becomes equal to the records, says what it mended, and then finds nothing more [F28]', async () => {
    const { gateway, other } = harness();
    const [one, two] = [await harness().instance('one'), await harness().instance('two')];
    await gateway.route(aRoute('forgotten.test', 6, 1));
    await gateway.addServers(6, 'b', [two]);
    const records = theRecords([aSlot(aRoute('kept.test', 5, 2), { a: [one] })]);
    const told = (await gateway.converge(records)).join('\n');
    expect(told).to.contain('kept.test').and.contain('forgotten.test').and.contain(one.name).and.contain(two.name);
    expect(await other.converge(records)).to.deep.equal([]);
    expect(await gateway.readRoute('forgotten.test')).to.equal(undefined);
    expect((await gateway.listServers(5)).map(({ name }) => name)).to.deep.equal([one.name]);
    expect(await gateway.listServers(6)).to.deep.equal([]);
  });

  it('does not let a comparison with old records undo a newer switch [F28]', async () => {
    const { gateway } = harness();
    const records = theRecords([aSlot(aRoute('newer.test', 7, 1))]);
    await gateway.converge(records);
    await gateway.route(aRoute('newer.test', 7, 2, { stable: 'b', warm: 'a' }));
    expect((await gateway.converge(records)).join()).to.contain('newer');
    expect((await gateway.readRoute('newer.test'))?.stable).to.equal('b');
  });

  it('lets the users of a list in, whom only the login proxy may name', async () => {
    const { gateway, meets, address } = harness();
    await gateway.addServers(9, 'a', [await harness().instance('one')]);
    await gateway.addServers(9, 'b', [await harness().instance('two')]);
    const qa = { id: '00000000000000aa', names: ['ada', 'bob@bank.example'] };
    const trusted = { header: 'X-User', trustedFrom: [await address()], proof: null };
    const rules: Route['rules'] = [{ kind: 'users', list: qa.id }];
    await gateway.keepUsers(qa);
    await gateway.route(aRoute('users.test', 9, 1, { gray: 'b', rules, identity: trusted }));
    const by = async (user: string) => meets('users.test', { 'x-user': user });
    expect(await Promise.all(['ada', 'bob@bank.example', 'Ada', 'eve'].map(by))).to.deep.equal([
      'two',
      'two',
      'one',
      'one',
    ]);
    const elsewhere = { ...trusted, trustedFrom: ['192.0.2.0/24'] };
    await gateway.route(aRoute('users.test', 9, 2, { gray: 'b', rules, identity: elsewhere }));
    expect(await by('ada')).to.equal('one');
  });

  it('forgets a list of users when the records name it no more, and not before', async () => {
    const { gateway, meets, address } = harness();
    const one = await harness().instance('one');
    const identity = { header: 'X-User', trustedFrom: [await address()], proof: null };
    const many = Array.from({ length: 3_000 }, (_, index) => `user-${index}@bank.example`);
    const list = { id: '00000000000000bb', names: ['ada', ...many] };
    const slot = aSlot(aRoute('lists.test', 9, 1, { gray: 'b', rules: [{ kind: 'users', list: list.id }], identity }), {
      a: [one],
      b: [await harness().instance('two')],
    });
    expect((await gateway.converge(theRecords([slot], [list]))).length).to.be.greaterThan(0);
    expect(await gateway.converge(theRecords([slot], [list]))).to.deep.equal([]);
    expect(await meets('lists.test', { 'x-user': 'ada' })).to.equal('two');
    const later = aSlot({ ...slot.route, version: 2, rules: [] }, slot.lanes);
    await gateway.converge(theRecords([later]));
    await gateway.route({ ...slot.route, version: 3 });
    expect(await meets('lists.test', { 'x-user': 'ada' })).to.equal('one');
  });

  it('counts requests per lane, and shows samples of a slot while it has a gray lane', async () => {
    const { gateway, request } = harness();
    const one = await harness().instance('one');
    await gateway.addServers(8, 'a', [one]);
    await gateway.addServers(8, 'b', [one]);
    await gateway.route(aRoute('count.test', 8, 1, { gray: 'b', key: 'b' }));
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
