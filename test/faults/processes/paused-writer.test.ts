import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { endPausedHolder, lockHolder } from '../../../engine/store/lock-holder';
import { makeEngine, onPostgres, type TestEngine } from '../../support/engine';
import { skipBecause } from '../../support/skips';
import { endHolder, holdLock } from '../lock-holder';

describe('a process that is paused while it writes', function () {
  this.timeout(40_000);
  let test: TestEngine;
  let holder: ChildProcess;
  beforeEach(async function () {
    if (onPostgres) skipBecause(this, 'is about the database file');
    test = await makeEngine();
    holder = await holdLock(join(test.folder, 'gantry.db'));
    holder.kill('SIGSTOP');
  });
  afterEach(async () => {
    await endHolder(holder);
    await test?.close();
  });

  for (const name of ['runner', 'web']) {
    it(`is ended when it is a ${name} of ours, so that others go on [F5]`, async () => {
      await mkdir(join(test.folder, 'run'), { recursive: true });
      await writeFile(join(test.folder, 'run', `${name}-${holder.pid}.json`), '{}');
      const ended = once(holder, 'exit');
      await test.engine.apps.create('shop', 'user:ada');
      expect(await ended).to.deep.equal([null, 'SIGKILL']);
    });
  }

  it('is named and left alone when it is somebody else [F15]', async () => {
    const refused = await test.engine.apps.create('shop', 'user:ada').then(
      () => '',
      (error: Error) => error.message,
    );
    expect(refused).to.include(`process ${holder.pid} (paused) held the database`);
    expect(holder.signalCode).to.equal(null);
  });

  it('is left alone when it may not be ended, and nobody fails for that [F15]', async () => {
    await mkdir(join(test.folder, 'run'), { recursive: true });
    await writeFile(join(test.folder, 'run', `runner-${holder.pid}.json`), '{}');
    const { kill } = process;
    process.kill = () => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    };
    try {
      expect(endPausedHolder(join(test.folder, 'gantry.db'))).to.equal(undefined);
    } finally {
      process.kill = kill;
    }
  });

  it('is nobody once it has ended', async () => {
    holder.kill('SIGCONT');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(lockHolder(join(test.folder, 'gantry.db'))).to.equal(undefined);
  });
});
