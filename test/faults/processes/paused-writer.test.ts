import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { lockHolder } from '../../../engine/store/lock-holder';
import { makeEngine, onPostgres, type TestEngine } from '../../support/engine';
import { skipBecause } from '../../support/skips';

/** Holds the write lock of a database until it ends. */
const HOLDER = `
const database = new (require('better-sqlite3'))(process.argv[1]);
database.exec('begin immediate');
process.stdout.write('held');
setInterval(() => {}, 1000);
`;

describe('a process that is paused while it writes', function () {
  this.timeout(40_000);
  let test: TestEngine;
  let holder: ChildProcess;
  beforeEach(async function () {
    if (onPostgres) skipBecause(this, 'is about the database file');
    test = await makeEngine();
    const file = join(test.folder, 'gantry.db');
    holder = spawn(process.execPath, ['-e', HOLDER, file], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(holder.stdout as NodeJS.ReadableStream, 'data');
    holder.kill('SIGSTOP');
  });
  afterEach(async () => {
    if (holder?.exitCode === null && holder.signalCode === null) {
      const ended = once(holder, 'exit');
      holder.kill('SIGKILL');
      await ended;
    }
    await test?.close();
  });

  it('is ended when it is a runner of ours, so that others go on [F5]', async () => {
    await mkdir(join(test.folder, 'run'), { recursive: true });
    await writeFile(join(test.folder, 'run', `runner-${holder.pid}.json`), '{}');
    const ended = once(holder, 'exit');
    await test.engine.apps.create('shop', 'user:ada');
    expect(await ended).to.deep.equal([null, 'SIGKILL']);
  });

  it('is named and left alone when it is somebody else [F15]', async () => {
    const refused = await test.engine.apps.create('shop', 'user:ada').then(
      () => '',
      (error: Error) => error.message,
    );
    expect(refused).to.include(`process ${holder.pid} (paused) held the database`);
    expect(holder.signalCode).to.equal(null);
  });

  it('is nobody once it has ended', async () => {
    holder.kill('SIGCONT');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(lockHolder(join(test.folder, 'gantry.db'))).to.equal(undefined);
  });
});
