import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { LOCK_WAIT_MS } from '../../../engine/store/sqlite';
import { onPostgres } from '../../support/engine';
import { skipBecause } from '../../support/skips';
import { type House, makeHouse } from '../../web/support/house';
import { endHolder, holdLock } from '../lock-holder';

describe('a database that another process has locked', function () {
  this.timeout(40_000);
  let house: House;
  let holder: ChildProcess;
  beforeEach(async function () {
    if (onPostgres) skipBecause(this, 'is about the database file');
    house = await makeHouse();
    holder = await holdLock(join(house.home, 'gantry.db'));
  });
  afterEach(async () => {
    await endHolder(holder);
    await house?.close();
  });

  const create = (name: string) => house.post('/api/v1/apps', { name });

  it('keeps the caller waiting for a bounded time, then says when to come again, and loses no answer [F15]', async () => {
    const began = performance.now();
    const waiting = Promise.all(['one', 'two'].map(create));
    const read = await house.ask('/api/v1/apps');
    expect(read.status, 'reading goes on').to.equal(200);
    expect(performance.now() - began).to.be.lessThan(LOCK_WAIT_MS / 2);
    for (const answer of await waiting) {
      expect(answer.status).to.equal(503);
      expect(answer.headers.get('retry-after')).to.match(/^\d+$/);
      expect(((await answer.json()) as { error: { code: string } }).error.code).to.equal('database-locked');
    }
    expect(performance.now() - began).to.be.within(LOCK_WAIT_MS, LOCK_WAIT_MS + 5_000);
    await endHolder(holder);
    expect((await create('one')).status).to.equal(201);
    expect((await house.engine.apps.list()).map(({ name }) => name)).to.deep.equal(['one']);
  });

  it('accepts what waited, once the lock is free [F15]', async () => {
    const waiting = create('patient');
    await new Promise((resolve) => setTimeout(resolve, 300)); // it waits for the lock meanwhile
    await endHolder(holder);
    expect((await waiting).status).to.equal(201);
  });
});
