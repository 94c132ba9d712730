import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { Child } from '../../cli/processes/child';
import {
  commandOf,
  endProcess,
  identify,
  isRunning,
  type ProcessIdentity,
  startOf,
} from '../../cli/processes/identity';
import { LogFile } from '../../cli/processes/log-file';
import { freePort, listenerOn, tryPort } from '../../cli/processes/ports';
import { Desk } from './support/command-line';
import { script } from './support/programs';
import { until } from './support/until';

describe('a process', () => {
  it('is known by its number and its start', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const identity = identify(child.pid ?? 0) as ProcessIdentity;
    expect(isRunning(identity)).to.equal(true);
    expect(isRunning({ ...identity, ticks: identity.ticks - 1 })).to.equal(false);
    expect(isRunning({ ...identity, boot: 'another' })).to.equal(false);
    expect(Math.abs((startOf(identity) ?? 0) - Date.now())).to.be.lessThan(5_000);
    expect(commandOf(identity.pid)).to.contain('setInterval');
    expect(await endProcess(identity, 2_000)).to.equal('ended');
    expect(await endProcess(identity, 2_000)).to.equal('was not running');
  });

  it('that does not listen to a request is killed', async () => {
    const child = spawn(process.execPath, [
      '-e',
      "process.on('SIGTERM', () => {}); console.log('on'); setInterval(() => {}, 1000)",
    ]);
    await once(child.stdout, 'data');
    expect(await endProcess(identify(child.pid ?? 0) as ProcessIdentity, 50)).to.equal('killed');
  });
});

describe('a port', () => {
  it('in use tells by whom', async () => {
    const port = await freePort('127.0.0.1');
    expect(await tryPort('127.0.0.1', port)).to.deep.equal({ free: true, port });
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    expect(await tryPort('127.0.0.1', port)).to.deep.equal({ free: false, code: 'EADDRINUSE' });
    expect(listenerOn(port)?.pid).to.equal(process.pid);
    server.close();
    await once(server, 'close');
    expect(listenerOn(port)).to.equal(undefined);
  });
});

describe('a log file', () => {
  it('stops growing: a full one moves aside', () => {
    const desk = new Desk();
    const log = new LogFile(join(desk.folder, 'log', 'x.log'), 20);
    for (const line of ['first line', 'second line', 'third line']) log.add(line);
    expect(readFileSync(log.file, 'utf8')).to.equal('third line\n');
    expect(readFileSync(`${log.file}.1`, 'utf8')).to.equal('second line\n');
    desk.clear();
  });
});

describe('a child that is kept running', () => {
  let desk: Desk;
  let child: Child | undefined;
  const lost: string[] = [];
  const started: ProcessIdentity[] = [];
  const keep = (code: string): Child => {
    child = new Child({
      name: 'it',
      program: script(code),
      log: new LogFile(join(desk.folder, 'it.log')),
      onLine: (line) => line.replace('secret', '…'),
      onLost: (how) => lost.push(how),
      onStart: (identity) => started.push(identity),
    });
    child.start();
    return child;
  };
  beforeEach(() => {
    desk = new Desk();
    lost.length = 0;
    started.length = 0;
  });
  afterEach(async () => {
    await child?.stop(0);
    desk.clear();
  });

  it('is started again when it dies, and says so', async () => {
    keep('setInterval(() => {}, 1000)');
    process.kill((started[0] as ProcessIdentity).pid, 'SIGKILL');
    await until('its second life', () => started.length === 2);
    expect(lost).to.deep.equal(['SIGKILL; it is started again in 0.5 s']);
  });

  it('is not started again when it was asked to end', async () => {
    const kept = keep('setInterval(() => {}, 1000)');
    expect(await kept.stop(2_000)).to.equal('ended');
    expect([kept.running, lost]).to.deep.equal([undefined, []]);
    expect(await kept.stop(2_000)).to.equal('was not running');
  });

  it('keeps secrets out of its log', async () => {
    const kept = keep("console.log('a secret'); setInterval(() => {}, 1000)");
    await until('the line', () => existsSync(join(desk.folder, 'it.log')));
    expect(readFileSync(join(desk.folder, 'it.log'), 'utf8')).to.equal('a …\n');
    expect(kept.lastLines).to.deep.equal(['a …']);
  });

  it('that cannot be started says why', async () => {
    child = new Child({
      name: 'it',
      program: { command: join(desk.folder, 'none'), args: [], environment: {}, folder: desk.folder },
      log: new LogFile(join(desk.folder, 'it.log')),
      onLine: (line) => line,
      onLost: (how) => lost.push(how),
      onStart: (identity) => started.push(identity),
    });
    child.start();
    await until('the loss', () => lost.length > 0);
    expect(lost[0]).to.contain('could not be started').and.to.contain('ENOENT');
  });
});
