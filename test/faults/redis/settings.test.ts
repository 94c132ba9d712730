import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { connectBell } from '../../../engine/queue/bell';
import { feelPulse } from '../../../engine/queue/pulse';
import { judgeRedis, lookAtRedis } from '../../../engine/queue/redis-settings';
import { cliSettings, houseSettings } from '../../../settings';
import { APPEND_ONLY, type TestRedis, testRedis } from '../../support/redis';
import { until } from '../../web/support/until';

const GOOD = 'redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n';
const URL = 'redis://:secret@redis.bank.example:6379';

describe('how a Redis is set up', function () {
  this.timeout(20_000);

  it('is well when it forgets nothing, is young enough and asks for a password [F14]', () => {
    expect(judgeRedis(GOOD, URL)).to.deep.equal([]);
  });

  const wrong: [string, string, string, string, RegExp][] = [
    ['a policy that evicts', GOOD.replace('noeviction', 'allkeys-lru'), URL, 'fail', /noeviction/],
    ['a version that is too old', GOOD.replace('7.0.15', '6.0.16'), URL, 'fail', /6\.2 or newer/],
    ['no password, across a network', GOOD, 'redis://redis.bank.example', 'fail', /requirepass/],
    ['no password, on this machine', GOOD, 'redis://127.0.0.1:6379', 'warn', /requirepass/],
    ['no append-only file', GOOD.replace('aof_enabled:1', 'aof_enabled:0'), URL, 'warn', /appendonly yes/],
  ];
  for (const [what, info, url, state, next] of wrong) {
    it(`is told with what to set: ${what} [F14]`, () => {
      const [finding, ...others] = judgeRedis(info, url);
      expect(others).to.deep.equal([]);
      expect(finding?.state).to.equal(state);
      expect(finding?.next).to.match(next);
    });
  }

  it('is not judged by what it does not tell', () => {
    expect(judgeRedis('', URL)).to.deep.equal([]);
  });

  it('is still known while it cannot be asked, and said once', async () => {
    const said: string[] = [];
    const log = { info: () => {}, error: () => {}, warn: (_: object, message: string) => void said.push(message) };
    const info = { answer: Promise.resolve(GOOD.replace('noeviction', 'allkeys-lru')) };
    const redis = Object.assign(new EventEmitter(), { info: () => info.answer });
    const pulse = feelPulse(redis as unknown as Redis, URL, log);
    const connects = async () => {
      redis.emit('ready');
      await new Promise(setImmediate);
      return pulse.trouble()?.next;
    };
    try {
      expect(await connects()).to.equal('set maxmemory-policy noeviction');
      expect(await connects()).to.equal('set maxmemory-policy noeviction');
      info.answer = Promise.reject(new Error('NOPERM'));
      expect(await connects()).to.equal('set maxmemory-policy noeviction');
      expect(said).to.have.lengthOf(1);
      info.answer = Promise.resolve(GOOD);
      expect(await connects()).to.equal(undefined);
    } finally {
      pulse.stop();
    }
  });

  it('is found at an address that says what it is, or Gantry does not start', () => {
    for (const address of [URL, 'rediss://user:a%23b@redis.bank.example', 'redis://[::1]:6379/2']) {
      expect(houseSettings({ GANTRY_REDIS_URL: address })).to.include({ redisUrl: address, redisGiven: true });
      expect(cliSettings({ GANTRY_REDIS_URL: address }).redisUrl).to.equal(address);
    }
    expect(cliSettings({ GANTRY_REDIS_URL: '' }).redisUrl).to.equal(undefined);
    for (const address of [
      '/run/redis.sock',
      '10.0.0.5:6379',
      'redis.internal:6379',
      'redis:6379',
      'http://redis.internal:6379',
      'redis://:a#b@host',
    ]) {
      for (const settings of [houseSettings, cliSettings]) {
        expect(() => settings({ GANTRY_REDIS_URL: address }), address)
          .to.throw(/must be redis:\/\//)
          .with.property('message')
          .that.does.not.include(address);
      }
    }
  });

  describe('when it is real', () => {
    let redis: TestRedis;
    before(async function () {
      redis = await testRedis(this, ['--maxmemory-policy', 'allkeys-lru']);
    });
    after(() => redis.remove());

    it('is found by whoever looks before Gantry is started [F14]', async () => {
      const { version, findings } = await lookAtRedis(redis.url);
      expect(version).to.match(/^\d+\.\d+/);
      expect(findings.map(({ state }) => state)).to.deep.equal(['fail', 'warn']);
      await redis.kill();
      await redis.start(APPEND_ONLY);
      expect((await lookAtRedis(redis.url)).findings).to.deep.equal([]);
      await redis.kill();
      const error = await lookAtRedis(redis.url).catch((e: Error) => e);
      expect(String(error)).to.match(/ECONNREFUSED/);
      await redis.start();
    });

    it('is said loudly by the processes that run on it, and by health, until it is mended [F14]', async () => {
      await redis.kill();
      await redis.start(['--maxmemory-policy', 'allkeys-lru']);
      const said: string[] = [];
      const log = { info: () => {}, error: () => {}, warn: (_: object, message: string) => void said.push(message) };
      const bell = connectBell(redis.url, log);
      try {
        await until(() => bell.trouble() !== undefined);
        expect(bell.trouble()?.next).to.equal('set maxmemory-policy noeviction');
        expect(said.join('\n')).to.include('allkeys-lru');
        await redis.kill();
        await until(() => bell.state() === 'down');
        await redis.start(APPEND_ONLY);
        await until(() => bell.state() === 'up' && bell.trouble() === undefined);
      } finally {
        await bell.close();
      }
    });

    it('is looked at all the while: it may be changed, and mended, while it runs [F14]', async () => {
      const bell = connectBell(redis.url, { info: () => {}, error: () => {}, warn: () => {} });
      try {
        await until(() => bell.state() === 'up');
        await redis.ask('config', 'set', 'maxmemory-policy', 'allkeys-lru');
        await until(() => bell.trouble() !== undefined);
        await redis.ask('config', 'set', 'maxmemory-policy', 'noeviction');
        await until(() => bell.trouble() === undefined);
      } finally {
        await bell.close();
      }
    });
  });
});
