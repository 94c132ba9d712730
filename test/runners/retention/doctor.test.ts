import { expect } from 'chai';
import { EMPTY_REPORT } from '../../../engine/retention/report';
import { retentionChecks } from '../../../runners/upkeep/retention-checks';
import { makeEngine, type TestEngine } from '../../support/engine';

describe('what the doctor says of retention', () => {
  let test: TestEngine;
  before(async () => {
    test = await makeEngine();
  });
  after(() => test.close());
  const checks = () => retentionChecks({ home: test.folder }, test.engine.parts.store);

  it('is how much is kept, and when what was over went last', async () => {
    const [sizes, ...others] = await checks();
    expect(others).to.deep.equal([]);
    expect(sizes).to.include({ name: 'retention', state: 'ok' });
    expect(sizes?.found).to.match(
      /^records [\d.]+ MiB, artifacts 0\.0 MiB, images 0\.0 MiB, logs 0\.0 MiB; never pruned yet$/,
    );
    const pass = await test.engine.retention.ask('prune', 'user:ada');
    expect((await checks())[0]?.found).to.match(/, 1 wait for a runner$/);
    await test.engine.retention.end(pass, EMPTY_REPORT);
    expect((await checks())[0]?.found).to.match(/; pruned \d{4}-\d\d-\d\dT[^,]+$/);
  });

  it('is why the last pass did not come to its end', async () => {
    const pass = await test.engine.retention.ask('prune', 'user:ada');
    await test.engine.retention.end(pass, EMPTY_REPORT, 'Docker does not answer');
    const [sizes] = await checks();
    expect(sizes).to.include({ state: 'warn' });
    expect(sizes?.found).to.include('not to its end: Docker does not answer');
  });

  it('is what has no record and waits for people', async () => {
    const doubtful = ['lost', 'other'].map((name) => ({ kind: 'container', name, why: 'it may serve' }));
    await test.engine.retention.noteReaped('local', { doubtful, left: [] });
    const [, found] = await checks();
    expect(found).to.include({
      name: 'reaper-local',
      state: 'warn',
      found: 'container lost: it may serve (and 1 more)',
    });
  });
});
