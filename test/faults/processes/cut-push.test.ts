import { readdirSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { Fleet } from '../../../bench/support/faults/fleet';
import { faultPlace } from './place';

const LIMIT_MS = 60_000;

describe('a push whose web is killed while it comes', () => {
  let place: ReturnType<typeof faultPlace>;
  before(() => {
    place = faultPlace();
  });
  after(async function () {
    this.timeout(LIMIT_MS);
    await place.remove();
  });

  it('leaves no program of Git behind that waits for the rest for ever [F1]', async () => {
    const fleet = await Fleet.start(place, { webs: 1, runners: 0, concurrency: 1 });
    await fleet.call('POST', '/apps', { name: 'shop' });
    const { hostname, port, username, password, pathname } = new URL(fleet.remote('shop'));
    const socket = createConnection(Number(port), hostname);
    socket.on('error', () => socket.destroy());
    const credentials = Buffer.from(`${username}:${password}`).toString('base64');
    const head = [
      `POST ${pathname}/git-receive-pack HTTP/1.1`,
      `Host: ${hostname}`,
      `Authorization: Basic ${credentials}`,
      'Content-Type: application/x-git-receive-pack-request',
      'Content-Length: 701',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n00aa`);
    while (programsIn(fleet.home).length === 0) await pause(20);
    await fleet.webs[0]?.kill();
    // Mocha's own time limit is the deadline.
    while (programsIn(fleet.home).length > 0) await pause(20);
    expect(fleet.deaths()).to.deep.equal([]);
  }).timeout(LIMIT_MS);
});

/** Process ids of what serves the repositories of this data folder. */
function programsIn(home: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(`GIT_PROJECT_ROOT=${home}/`)).map(Number);
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}
