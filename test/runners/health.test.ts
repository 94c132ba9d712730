import { expect } from 'chai';
import { serveHealth } from '../../runners/health';
import { runnerSettings } from '../../settings';
import { makeEngine, type TestEngine } from '../support/engine';

describe('the health of a runner', () => {
  let made: TestEngine;
  let describeCluster: () => Promise<unknown>;
  let health: Awaited<ReturnType<typeof serveHealth>>;
  beforeEach(async () => {
    made = await makeEngine();
    describeCluster = async () => ({});
    const world = { cluster: { describe: () => describeCluster() } } as never;
    health = await serveHealth(made.engine, world, { host: '127.0.0.1', port: 0 });
  });
  afterEach(async () => {
    await health.close();
    await made.close();
  });

  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${health.port}${path}`, { method });
    return { status: answer.status, body: (await answer.json()) as object };
  };

  it('is ready when SQL and its cluster answer', async () => {
    expect(await ask('/health/ready')).to.deep.equal({
      status: 200,
      body: { ready: true, checks: { sql: 'up', cluster: 'up' } },
    });
    expect((await ask('/health/live')).status).to.equal(200);
  });

  it('lives, but is not ready, without its cluster', async () => {
    describeCluster = () => Promise.reject(new Error('Docker does not answer'));
    expect(await ask('/health/ready')).to.deep.equal({
      status: 503,
      body: { ready: false, checks: { sql: 'up', cluster: 'down' } },
    });
    expect((await ask('/health/live')).status).to.equal(200);
  });

  it('waits for nothing that hangs', async () => {
    describeCluster = () => new Promise(() => undefined);
    expect((await ask('/health/ready')).body).to.deep.include({ checks: { sql: 'up', cluster: 'down' } });
  }).timeout(5_000);

  it('is not ready once it was told to stop', async () => {
    health.drain();
    expect((await ask('/health/ready')).status).to.equal(503);
  });

  it('is served only where a setting says so', () => {
    expect(runnerSettings({ GANTRY_RUNNER_HEALTH: '127.0.0.1:7072' }).health).to.deep.equal({
      host: '127.0.0.1',
      port: 7072,
    });
    expect(runnerSettings({})).to.not.have.property('health');
  });

  it('answers nothing else', async () => {
    expect((await ask('/')).status).to.equal(404);
    expect((await ask('/health/live', 'POST')).status).to.equal(405);
  });
});
