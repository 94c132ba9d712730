import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { LOCK_WAIT_MS } from '../../../engine/store/sqlite';
import { onPostgres } from '../../support/engine';
import { skipBecause } from '../../support/skips';
import { type House, makeHouse } from '../../web/support/house';

/** Holds the write lock of a database until it is killed. */
const HOLDER = `
const database = new (require('better-sqlite3'))(process.argv[1]);
database.exec('begin immediate');
process.stdout.write('held');
setInterval(() => {}, 1000);
`;

describe('a database that another process has locked', function () {
  this.timeout(40_000);
  let house: House;
  let holder: ChildProcess;
  beforeEach(async function () {
    if (onPostgres) skipBecause(this, 'is about the database file');
    house = await makeHouse();
    holder = spawn(process.execPath, ['-e', HOLDER, join(house.home, 'gantry.db')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(holder.stdout as NodeJS.ReadableStream, 'data');
  });
  afterEach(async () => {
    await release();
    await house?.close();
  });

  const release = async () => {
    if (holder.exitCode !== null || holder.signalCode !== null) return;
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
  };
  const create = (name: string) => house.post('/api/v1/apps', { name });

  it('keeps the caller waiting for a bounded time, then says when to come again, and loses no answer [F15]', async () => {
    const began = performance.now();
    const waiting = Promise.all(['one', 'two'].map(create));
    const read = await house.ask('/api/v1/apps');
    expect(read.status, 'reading goes on').to.equal(200);
    expect(performance.now() - began).to.be.lessThan(1_000);
    for (const answer of await waiting) {
      expect(answer.status).to.equal(503);
      expect(answer.headers.get('retry-after')).to.match(/^\d+$/);
      expect(((await answer.json()) as { error: { code: string } }).error.code).to.equal('database-locked');
    }
    expect(performance.now() - began).to.be.within(LOCK_WAIT_MS, LOCK_WAIT_MS + 5_000);
    await release();
    expect((await create('one')).status).to.equal(201);
    expect((await house.engine.apps.list()).map(({ name }) => name)).to.deep.equal(['one']);
  });

  it('accepts what waited, once the lock is free [F15]', async () => {
    const waiting = create('patient');
    await new Promise((resolve) => setTimeout(resolve, 300)); // it waits for the lock meanwhile
    await release();
    expect((await waiting).status).to.equal(201);
  });
});
