import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runnerProgram } from '../../cli/house/runner';
import { identify } from '../../cli/processes/identity';
import { writeRedisConfiguration } from '../../cli/processes/redis';
import { CONCURRENCY_MAX, checkoutFolder, cliSettings, runnerSettings } from '../../settings';

describe('gantry runner', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gantry-runner-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const settingsOf = (environment: NodeJS.ProcessEnv, pool?: string, places?: number) => {
    const program = runnerProgram(cliSettings({ GANTRY_HOME: home, ...environment }), { pool, places });
    return runnerSettings(program.environment);
  };

  it('starts a runner of the pools that it names, with as many places', () => {
    expect(settingsOf({}, 'build, default', 3)).to.deep.include({ pools: ['build', 'default'], concurrency: 3, home });
    expect(settingsOf({ GANTRY_POOL: 'slow' })).to.deep.include({ pools: ['slow'], concurrency: 8 });
    expect(settingsOf({})).to.deep.include({ pools: ['default'] });
    expect(settingsOf({}, undefined, CONCURRENCY_MAX)).to.deep.include({ concurrency: CONCURRENCY_MAX });
    expect(() => settingsOf({}, 'Build')).to.throw('GANTRY_POOL is "Build"; it must be names of pools');
  });

  it('is the program that runs in its folder, whichever checkout it is started from', () => {
    const programOf = (supervisor: object | undefined): string => {
      mkdirSync(join(home, 'run'), { recursive: true });
      writeFileSync(join(home, 'run', 'up.json'), JSON.stringify({ supervisor, root: '/older', gateway: 'here:1' }));
      return runnerProgram(cliSettings({ GANTRY_HOME: home }), { pool: undefined, places: undefined }).folder;
    };
    const me = identify(process.pid);
    expect(programOf(me)).to.equal('/older');
    expect(programOf({ ...me, ticks: 1 }), 'of a Gantry that was killed').to.equal(checkoutFolder());
  });

  it('listens to the Redis of its folder, and to the one that was given rather', () => {
    writeRedisConfiguration(home, { port: 6401, password: 'secret', url: '' });
    expect(settingsOf({}).redisUrl).to.equal('redis://:secret@127.0.0.1:6401');
    expect(settingsOf({ GANTRY_REDIS_URL: 'redis://there:1' }).redisUrl).to.equal('redis://there:1');
  });
});
