import { expect } from 'chai';
import { sandboxCheck } from '../../runners/doctor-sandbox';
import { runnerSettings } from '../../settings';

describe('the doctor, asked what builds can reach', () => {
  const ask = (environment: NodeJS.ProcessEnv) =>
    sandboxCheck(runnerSettings(environment), 'gantry-01234567-build', 'br-0123456789ab');

  it('is content where everything is on the loopback', () => {
    expect(ask({ GANTRY_LISTEN: '[::1]:7070', GANTRY_REDIS_URL: 'redis://127.0.0.1:6379' }).state).to.equal('ok');
  });

  it('names what is not, without its password, and what keeps builds away [S17]', () => {
    const { state, found, mend } = ask({
      ...{ GANTRY_LISTEN: '0.0.0.0:7070', GANTRY_GATEWAY: '10.1.2.3:80', DOCKER_HOST: 'tcp://10.1.2.4:2375' },
      ...{ GANTRY_REDIS_URL: 'rediss://:password@redis.bank:6380' },
      GANTRY_DATABASE_URL: 'postgres://gantry:password@[fd00::1]/gantry',
    });
    expect(state).to.equal('warn');
    expect(found).to.equal(
      'builds can reach web at 0.0.0.0:7070, the gateway at 10.1.2.3:80, Redis at redis.bank:6380, ' +
        'PostgreSQL at fd00::1:5432, Docker at 10.1.2.4:2375',
    );
    expect(mend).to.include('from br-0123456789ab to them, or set GANTRY_BUILD_NETWORK=none');
  });

  it('names the network where Docker does not tell its bridge', () => {
    const { mend } = sandboxCheck(
      runnerSettings({ GANTRY_LISTEN: '0.0.0.0:7070' }),
      'gantry-01234567-build',
      undefined,
    );
    expect(mend).to.include('from the bridge of the network gantry-01234567-build to them');
  });

  it('is content where builds have no network', () => {
    expect(ask({ GANTRY_LISTEN: '0.0.0.0:7070', GANTRY_BUILD_NETWORK: 'none' }).state).to.equal('ok');
    expect(() => ask({ GANTRY_BUILD_NETWORK: 'host' })).to.throw('GANTRY_BUILD_NETWORK is "host"; it must be none');
  });
});
