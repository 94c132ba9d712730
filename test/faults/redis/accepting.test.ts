import { expect } from 'chai';
import type { Bell } from '../../../engine/ports/queue';
import { connectBell } from '../../../engine/queue/bell';
import { type TestRedis, testRedis } from '../../support/redis';
import { type TcpProxy, tcpProxy } from '../../support/tcp-proxy';
import { ConnectedApp } from '../../web/hooks/support';
import { bodyOf, headersOf } from '../../web/support/forge';
import { WorkTree } from '../../web/support/git';
import { type House, makeHouse } from '../../web/support/house';
import { until } from '../../web/support/until';

/** Nobody waits so long for an answer that does not wait for Redis, ms; also on a busy machine. */
const ANSWER_MS = 10_000;
/** How late a slow Redis is. */
const SLOW_MS = 2 * ANSWER_MS;
/** Bodies of this size are nothing for Redis' memory; more than it has left. */
const FILLER = 'x'.repeat(200_000);

describe('what is accepted without a Redis that works', function () {
  this.timeout(60_000);
  let redis: TestRedis;
  let proxy: TcpProxy;
  let bell: Bell;
  let house: House;
  let tree: WorkTree;
  let app: ConnectedApp;
  beforeEach(async function () {
    redis = await testRedis(this);
    proxy = await tcpProxy(redis.port, SLOW_MS);
    const silent = { info: () => {}, warn: () => {}, error: () => {} };
    bell = connectBell(redis.url.replace(String(redis.port), String(proxy.port)), silent);
    house = await makeHouse({ bell });
    tree = await WorkTree.make();
    await tree.commit('a.txt', 'one');
    app = await ConnectedApp.make(house, tree.folder);
    await until(() => bell.state() === 'up');
  });
  afterEach(async () => {
    await house.close();
    await bell.close();
    await proxy.close();
    await redis.remove();
    await tree.remove();
  });

  const timed = async <T>(act: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const answer = await act();
    expect(performance.now() - began, 'it took too long').to.be.lessThan(ANSWER_MS);
    return answer;
  };
  const call = (id: string) => {
    const body = bodyOf('github-push');
    return timed(() => app.call('github', headersOf.github(app.secret, body, id), body));
  };
  const push = async () => {
    await tree.commit('a.txt', String(performance.now()));
    const remote = `${house.web.url.replace('://', `://me:${house.token}@`)}/git/storefront.git`;
    return timed(() => tree.git('push', '-o', 'no-follow', remote, 'main'));
  };
  const queue = async () => {
    const answer = await timed(() => house.ask('/health', { as: 'nobody' }));
    const { parts } = (await answer.json()) as { parts: { name: string; state: string; found: string }[] };
    return { ready: answer.status === 200, ...parts.find(({ name }) => name === 'bell') };
  };
  const hints = async () => Number(await redis.ask('llen', 'bull:gantry-steps:wait'));

  /** Pushes and hooks are answered and stored, while health tells what is wrong with the queue. */
  async function acceptsWhile(found: RegExp): Promise<void> {
    expect((await push()).code).to.equal(0);
    expect((await call('one')).status).to.equal(202);
    await until(async () => found.test((await queue()).found ?? ''));
    expect(await queue()).to.include({ ready: true, state: 'degraded' });
    expect((await push()).code).to.equal(0);
    expect((await call('two')).status).to.equal(202);
    await until(() => app.isQuiet());
    // The pushes were first: what the hooks tell is known.
    expect((await app.hooks()).map(({ outcome }) => outcome)).to.deep.equal(['known', 'known']);
    expect(await app.runs()).to.have.length(2);
    await timed(() => house.ask('/metrics'));
  }

  /** A push rings again, by itself. */
  async function ringsAgain(): Promise<void> {
    await until(async () => (await queue()).state === 'up');
    const before = await hints();
    await push();
    await until(async () => (await hints()) > before);
  }

  it('are pushes and hooks while Redis is gone, and the queue is said to be down [F8]', async () => {
    proxy.set('cut');
    await until(() => bell.state() === 'down');
    await acceptsWhile(/^Redis does not answer$/);
    proxy.set('well');
    await ringsAgain();
  });

  it('are pushes and hooks while Redis takes everything and never answers [F12]', async () => {
    proxy.set('hanging');
    await acceptsWhile(/^Redis does not answer$/);
    proxy.set('well');
    await ringsAgain();
  });

  it('are pushes and hooks while Redis answers twenty seconds late [F12]', async () => {
    proxy.set('slow');
    await acceptsWhile(/^Redis does not answer$/);
    proxy.set('well');
    await ringsAgain();
  });

  it('are pushes and hooks while Redis is full, and hints go in again when it has room [F13]', async () => {
    await redis.ask('config', 'set', 'maxmemory', '4mb');
    await redis.ask('set', 'filler', FILLER);
    for (let i = 0; i < 50; i++) await redis.ask('append', 'filler', FILLER).catch(() => undefined);
    await acceptsWhile(/^Redis is full and takes no hints$/);
    await redis.ask('config', 'set', 'maxmemory', '0');
    await ringsAgain();
  });
});
