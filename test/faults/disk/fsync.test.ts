import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { onPostgres } from '../../support/engine';
import { skipBecause } from '../../support/skips';
import { until } from '../../web/support/until';

const ROOT = join(__dirname, '..', '..', '..');

/** A web in a process of its own on a folder of its own, as it is shipped. */
interface WebProcess {
  child: ChildProcess;
  url: string;
  said: Promise<string>;
}

describe('a disk whose fsync fails', function () {
  this.timeout(60_000);
  let home: string;
  let web: WebProcess;
  let strace: ChildProcess | undefined;
  let token: string;
  beforeEach(async function () {
    if (onPostgres) skipBecause(this, 'is about the database file');
    if (!hasStrace()) skipBecause(this, 'needs strace: sudo apt-get install strace');
    home = await mkdtemp(join(tmpdir(), 'gantry-test-fsync-'));
    web = await start();
  });
  afterEach(async () => {
    for (const child of [strace, web?.child]) await end(child);
    if (home !== undefined) await rm(home, { recursive: true, force: true });
  });

  async function start(): Promise<WebProcess> {
    const child = spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', join(ROOT, 'web', 'main.ts')], {
      cwd: ROOT,
      env: { ...process.env, GANTRY_HOME: home, GANTRY_LISTEN: '127.0.0.1:0', GANTRY_REDIS_URL: 'redis://127.0.0.1:1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = text(child.stderr as NodeJS.ReadableStream);
    child.stdout?.on('data', (piece) => {
      token = /first token: (\S+)/.exec(String(piece))?.[1] ?? token;
    });
    const state = () => readFile(join(home, 'run', `web-${child.pid}.json`), 'utf8').then(JSON.parse, () => undefined);
    await until(async () => (await state()) !== undefined || child.exitCode !== null);
    return { child, said, url: (await state()).url };
  }

  /** From now on every fsync of the process fails, as on a disk that breaks. */
  async function breakDisk(pid: number): Promise<void> {
    const inject = 'inject=fsync,fdatasync:error=EIO';
    strace = spawn(
      'strace',
      ['-f', '-p', String(pid), '-e', 'trace=fsync,fdatasync', '-e', inject, '-o', '/dev/null'],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const words = strace.stderr as NodeJS.ReadableStream;
    for await (const piece of words) if (String(piece).includes('attached')) break;
  }

  /** The status of the answer; 0 when there was none. */
  const create = (name: string) =>
    fetch(`${web.url}/api/v1/apps`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    }).then(
      ({ status }) => status,
      () => 0,
    );
  const apps = () => {
    const database = new Database(join(home, 'gantry.db'), { readonly: true });
    try {
      return database.prepare('select name from apps order by name').pluck().all();
    } finally {
      database.close();
    }
  };

  it('ends the process with its reason; the next one checks the records first, and has all that was answered [F17]', async () => {
    expect(await create('before')).to.equal(201);
    await breakDisk(web.child.pid as number);
    const ended = once(web.child, 'exit');
    expect(await create('during'), 'nothing is answered as stored').to.not.equal(201);
    expect((await ended)[0]).to.equal(1);
    const last = (await web.said).trimEnd().split('\n').at(-1);
    expect(last).to.match(
      /^gantry web: the disk failed under the database \(SQLITE_IOERR_FSYNC: .*the database is checked/,
    );
    await end(strace);
    web = await start();
    expect(await create('after')).to.equal(201);
    expect(apps()).to.include.members(['before', 'after']);
  });
});

function hasStrace(): boolean {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
