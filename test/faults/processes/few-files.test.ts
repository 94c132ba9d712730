import { createConnection, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { Fleet } from '../../../bench/support/faults/fleet';
import { faultPlace } from './place';

const LIMIT_MS = 120_000;
/** Open files of each process: enough to begin, and not for what comes then. */
const FILES = 96;
const CONNECTIONS = 200;

describe('a web that may open few files', () => {
  let place: ReturnType<typeof faultPlace>;
  const sockets: Socket[] = [];
  before(() => {
    place = faultPlace();
  });
  after(async function () {
    this.timeout(LIMIT_MS);
    for (const socket of sockets) socket.destroy();
    await place.remove();
  });

  it('sheds what is too much, loses nothing that it accepted, and recovers [F50]', async () => {
    const fleet = await Fleet.start(place, { webs: 1, runners: 0, concurrency: 1, openFiles: FILES });
    const { port } = new URL(fleet.urls[0] as string);
    const accepted: string[] = [];
    const create = async (name: string): Promise<void> => {
      await fleet.call('POST', '/apps', { name });
      accepted.push(name);
    };
    await create('before');
    for (let i = 0; i < CONNECTIONS; i++) {
      const socket = createConnection(Number(port), '127.0.0.1');
      socket.on('error', () => socket.destroy());
      sockets.push(socket);
    }
    await Promise.allSettled(Array.from({ length: 10 }, (_, i) => create(`meanwhile-${i}`)));
    for (const socket of sockets) socket.destroy();
    await untilAnswers(() => create('after'));
    const { items } = await fleet.call<{ items: { name: string }[] }>('GET', '/apps');
    expect(items.map(({ name }) => name)).to.include.members(accepted);
    expect(accepted).to.include('after');
    expect(fleet.deaths()).to.deep.equal([]);
  }).timeout(LIMIT_MS);
});

/** Mocha's own time limit is the deadline. */
async function untilAnswers(act: () => Promise<void>): Promise<void> {
  for (;;) {
    const done = await act().then(
      () => true,
      () => false,
    );
    if (done) return;
    await pause(100);
  }
}
