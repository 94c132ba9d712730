import { once } from 'node:events';
import { expect } from 'chai';
import type WebSocket from 'ws';
import type { HaproxyGateway } from '../../../runners/gateway/haproxy-gateway';
import { requireDocker } from '../../support/skips';
import { aRoute, aSlot, theRecords } from './contract';
import { HaproxyHarness } from './haproxy-harness';

describe('a session', function () {
  this.timeout(60_000);
  let harness: HaproxyHarness;
  let gateway: HaproxyGateway;

  before(async function () {
    requireDocker(this);
    harness = new HaproxyHarness();
    await harness.open();
    gateway = harness.gateway();
    await gateway.start();
  });
  after(() => harness?.close());

  const servers = (...names: string[]) => Promise.all(names.map((name) => harness.instance(name)));

  /** A browser: keeps its cookies. Answers with the name of the instance that it met. */
  const browser = (host: string) => {
    const jar = new Map<string, string>();
    const headers = () => ({ cookie: [...jar].map((pair) => pair.join('=')).join('; ') });
    const visit = async () => {
      const answer = await harness.request(host, '/', headers());
      for (const cookie of answer.headers['set-cookie'] ?? []) {
        const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split('=');
        jar.set(name, value);
      }
      return answer.body;
    };
    return { visit, headers, jar };
  };

  it('stays on its instance while more instances come, gray is promoted, and the old release is warm', async () => {
    await gateway.addServers(1, 'a', await servers('one', 'two'));
    await gateway.route(aRoute('bank.test', 1, 1, { sticky: true }));
    const old = Array.from({ length: 8 }, () => browser('bank.test'));
    const seats = await Promise.all(old.map(({ visit }) => visit()));
    expect(new Set(seats)).to.deep.equal(new Set(['one', 'two']));
    await gateway.addServers(1, 'a', await servers('three'));
    expect(await Promise.all(old.map(({ visit }) => visit()))).to.deep.equal(seats);

    await gateway.addServers(1, 'b', await servers('four', 'five'));
    await gateway.route(aRoute('bank.test', 1, 2, { sticky: true, gray: 'b', share: 10_000 }));
    const testers = Array.from({ length: 6 }, () => browser('bank.test'));
    const graySeats = await Promise.all(testers.map(({ visit }) => visit()));
    await gateway.route(aRoute('bank.test', 1, 3, { sticky: true }));
    expect(await Promise.all(old.map(({ visit }) => visit()))).to.deep.equal(seats);

    await gateway.route(aRoute('bank.test', 1, 4, { sticky: true, stable: 'b', warm: 'a', holds: true }));
    expect(await Promise.all(testers.map(({ visit }) => visit())), 'gray visitors').to.deep.equal(graySeats);
    expect(await Promise.all(old.map(({ visit }) => visit())), 'visitors of the old release').to.deep.equal(seats);
    expect(await browser('bank.test').visit(), 'a new visitor').to.match(/^(four|five)$/);

    await gateway.route(aRoute('bank.test', 1, 5, { sticky: true, stable: 'b', warm: 'a' }));
    const moved = await Promise.all(old.map(({ visit }) => visit()));
    expect(moved.every((name) => /^(four|five)$/.test(name))).to.equal(true);
    expect(await Promise.all(old.map(({ visit }) => visit()))).to.deep.equal(moved);
  });

  it('goes on at an instance that is drained, and begins anew when that is gone', async () => {
    await gateway.addServers(2, 'a', await servers('one', 'two'));
    await gateway.route(aRoute('drain.test', 2, 1, { sticky: true }));
    const [seat, name] = [browser('drain.test'), 'one'];
    while ((await seat.visit()) !== name) seat.jar.clear();
    const open = await harness.webSocket('drain.test', seat.headers());
    const removal = gateway.removeServers(2, 'a', [name], 1_000);
    const takesVisitors = async () => (await gateway.listServers(2)).some((one) => one.name === name && one.up);
    while (await takesVisitors());
    expect(await seat.visit()).to.equal(name);
    expect(await browser('drain.test').visit()).to.equal('two');
    await Promise.all([removal, once(open, 'close')]);
    expect(await seat.visit()).to.equal('two');
  });

  it('names no instance to the visitor, and a forged one leads nowhere', async () => {
    await gateway.addServers(3, 'a', await servers('one'));
    await gateway.addServers(3, 'c', await servers('two'));
    await gateway.route(aRoute('forged.test', 3, 1, { sticky: true, warm: 'c' }));
    const visitor = browser('forged.test');
    await visitor.visit();
    const session = visitor.jar.get('gantry_session') ?? '';
    expect(session).to.match(/^[0-9A-F]{16}$/);
    const { headers } = await harness.request('forged.test', '/', { cookie: 'gantry_session=s3_c/two' });
    expect(headers['set-cookie']?.join()).to.contain(`gantry_session=${session}; Path=/; HttpOnly; SameSite=Lax`);
  });

  it('outlives the gateway', async () => {
    const records = theRecords([
      aSlot(aRoute('again.test', 4, 1, { sticky: true, holds: true, stable: 'b', warm: 'a' }), {
        a: await servers('one', 'two'),
        b: await servers('three'),
      }),
    ]);
    await gateway.converge(records);
    const visitor = browser('again.test');
    expect(await visitor.visit()).to.equal('three');
    await harness.killGateway();
    await harness.until('again.test', ({ body }) => body === 'three');
    expect(await visitor.visit()).to.equal('three');
    expect(visitor.jar.get('gantry_session')).to.match(/^[0-9A-F]{16}$/);
    expect(await gateway.converge(records)).to.deep.equal([]);
  });
});

describe('a WebSocket', function () {
  this.timeout(60_000);
  let harness: HaproxyHarness;
  let gateway: HaproxyGateway;

  before(async function () {
    requireDocker(this);
    harness = new HaproxyHarness();
    await harness.open();
    gateway = harness.gateway();
    await gateway.start();
    await gateway.addServers(1, 'a', [await harness.instance('one')]);
    await gateway.addServers(1, 'b', [await harness.instance('two')]);
  });
  after(() => harness?.close());

  const echo = async (socket: WebSocket, text: string) => {
    socket.send(text);
    const [answer] = (await once(socket, 'message')) as [Buffer];
    return answer.toString();
  };

  it('stays open through a promotion until its time is over, and is closed then', async () => {
    await gateway.route(aRoute('chat.test', 1, 1));
    const early = await harness.webSocket('chat.test');
    expect(await echo(early, 'hello')).to.equal('one: hello');
    await gateway.route(aRoute('chat.test', 1, 2, { stable: 'b', warm: 'a' }));
    const late = await harness.webSocket('chat.test');
    expect(await echo(late, 'hello')).to.equal('two: hello');
    expect(await echo(early, 'still here')).to.equal('one: still here');
    await Promise.all([gateway.closeSessions(1, 'a'), once(early, 'close')]);
    expect(await echo(late, 'still here')).to.equal('two: still here');
    late.terminate();
  });

  it('is never closed in a lane that visitors meet', async () => {
    await gateway.route(aRoute('chat.test', 1, 3, { stable: 'a', gray: 'b', share: 10_000 }));
    const socket = await harness.webSocket('chat.test');
    await gateway.closeSessions(1, 'b');
    await gateway.closeSessions(1, 'a');
    expect(await echo(socket, 'hello')).to.equal('two: hello');
    socket.terminate();
  });
});
