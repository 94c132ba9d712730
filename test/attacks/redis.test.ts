import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../../cli/processes/ports';
import { readRedisConfiguration, redisAnswers, writeRedisConfiguration } from '../../cli/processes/redis';
import { until } from '../web/support/until';
import { requireProgram, run } from './support/clients';

describe("Gantry's own Redis", () => {
  let home: string;
  let server: ChildProcess;
  let port: number;
  beforeEach(async function () {
    for (const program of ['redis-server', 'redis-cli']) requireProgram(this, program);
    home = await mkdtemp(join(tmpdir(), 'gantry-attack-'));
    port = await freePort('127.0.0.1');
    const own = { port, password: 'a'.repeat(40), url: '' };
    writeRedisConfiguration(home, own);
    server = spawn('redis-server', [join(home, 'redis', 'redis.conf')], { stdio: 'ignore' });
    await until(() => redisAnswers(own));
  });
  afterEach(async () => {
    server.kill('SIGKILL');
    await once(server, 'close');
    await rm(home, { recursive: true, force: true });
  });

  const ask = async (...words: string[]) =>
    (await run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), '--no-auth-warning', ...words])).stdout.trim();

  it('does nothing for whoever has no password, or guesses one [S18]', async () => {
    const commands = [['ping'], ['keys', '*'], ['config', 'get', '*'], ['eval', 'return 1', '0'], ['flushall']];
    for (const command of commands) expect(await ask(...command), command.join(' ')).to.match(/^NOAUTH/);
    for (const guess of ['', 'redis', 'gantry', 'a', 'a'.repeat(39)]) {
      expect(await ask('-a', guess, 'ping'), guess).to.match(/NOAUTH|WRONGPASS|AUTH failed/);
    }
  });

  it('is reached from this machine alone, and its password by its user alone [S18]', async () => {
    const others = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address } of others.filter(({ internal, family }) => !internal && family === 'IPv4')) {
      const { stderr } = await run('redis-cli', ['-h', address, '-p', String(port), 'ping']);
      expect(stderr, address).to.include('Could not connect');
    }
    expect((await stat(join(home, 'redis', 'redis.conf'))).mode & 0o077).to.equal(0);
    expect(readRedisConfiguration(home)?.port).to.equal(port);
  });
});
