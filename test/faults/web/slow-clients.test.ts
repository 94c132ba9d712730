import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { BODY_MS, HEADERS_MS, HOOK_BODIES_MAX, HOOK_BODY_SMALL, SLOW_LOOK_MS } from '../../../web/limits';
import { skipBecause } from '../../support/skips';
import { ConnectedApp } from '../../web/hooks/support';
import { bodyOf, headersOf } from '../../web/support/forge';
import { WorkTree } from '../../web/support/git';
import { type House, makeHouse } from '../../web/support/house';
import { until } from '../../web/support/until';

const SLOW_HEADERS = 900;
const SLOW_BODIES = 68;
/** Large ones are read a few at a time: so many have all the turns. */
const SLOW_LARGE_BODIES = HOOK_BODIES_MAX;
const HOOKS = 50;
/** Both ends of each connection are in this process. */
const FILES_NEEDED = 2_500;

describe('clients that are slow on purpose', function () {
  this.timeout(60_000);
  let house: House;
  let tree: WorkTree;
  let app: ConnectedApp;
  let sockets: Socket[];
  let drip: NodeJS.Timeout;
  beforeEach(async function () {
    const files = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
    if (files !== 'unlimited' && Number(files) < FILES_NEEDED)
      skipBecause(this, `needs ${FILES_NEEDED} open files: ulimit -n`);
    house = await makeHouse();
    tree = await WorkTree.make();
    await tree.commit('a.txt', 'one');
    app = await ConnectedApp.make(house, tree.folder);
    sockets = [];
  });
  afterEach(async () => {
    clearInterval(drip);
    for (const socket of sockets ?? []) socket.destroy();
    await house?.close();
    await tree?.remove();
  });

  const open = async (head: string): Promise<void> => {
    const socket = connect(Number(new URL(house.web.url).port), '127.0.0.1');
    socket.on('error', () => undefined); // being cut off is what they are here for
    socket.resume();
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(head);
  };

  it('keep nobody else waiting, a thousand of them, and are cut off when their time is over [F47] [S48]', async () => {
    const hook = '/hooks/storefront/github HTTP/1.1\r\nHost: gantry\r\n';
    await Promise.all(Array.from({ length: SLOW_HEADERS }, () => open(`POST ${hook}X-Slow: a`)));
    const slowBody = (length: number) => open(`POST ${hook}Content-Length: ${length}\r\n\r\n{`);
    await Promise.all(Array.from({ length: SLOW_LARGE_BODIES }, () => slowBody(HOOK_BODY_SMALL + 1)));
    await Promise.all(Array.from({ length: SLOW_BODIES }, () => slowBody(HOOK_BODY_SMALL)));
    await until(async () => (await house.ask('/health/live', { as: 'nobody' })).ok); // all of them were heard
    drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('a');
    }, 1_000);
    const body = bodyOf('github-push');
    const times: number[] = [];
    for (let i = 0; i < HOOKS; i++) {
      const began = performance.now();
      const answer = await app.call('github', headersOf.github(app.secret, body, `hook-${i}`), body);
      times.push(performance.now() - began);
      expect(answer.ok).to.equal(true);
    }
    expect(Math.max(...times)).to.be.lessThan(5_000);
    const began = performance.now();
    await until(() => sockets.every((socket) => socket.destroyed || socket.readableEnded));
    expect(performance.now() - began).to.be.lessThan(Math.max(HEADERS_MS, BODY_MS) + 2 * SLOW_LOOK_MS + 5_000);
  });
});
