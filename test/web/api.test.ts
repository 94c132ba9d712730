import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { ROLES } from '../../engine/users/actions';
import { type House, makeHouse } from './support/house';
import { FakeRunner } from './support/runner';

interface Refusal {
  error: { code: string; message: string; next: string };
}

describe('the API', () => {
  let house: House;
  let runner: FakeRunner;
  beforeEach(async () => {
    house = await makeHouse();
    runner = new FakeRunner(house.engine);
  });
  afterEach(() => house.close());

  const app = () => house.post('/api/v1/apps', { name: 'storefront' });
  const push = async (after = 'a'.repeat(40), before = '0'.repeat(40)) => {
    const delivery = { app: 'storefront', source: 'test', ref: 'refs/heads/main', before, after, pusher: 'owner' };
    return (await house.engine.deliveries.accept(delivery, 'user:owner'))[0]?.run?.number ?? 0;
  };
  const refusal = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as Refusal).error });

  it('tells where it stands', async () => {
    const status = await house.json('/api/v1/status');
    expect(status).to.deep.include({
      version: '9.8.7',
      solo: true,
      user: { name: 'owner', roles: [...ROLES] },
      url: house.web.url,
    });
    expect(status.installation).to.match(/^[0-9a-f]{16}$/);
  });

  it('makes an app with a repository, once', async () => {
    const made = await app();
    expect(made.status).to.equal(201);
    expect(await made.json()).to.deep.include({
      name: 'storefront',
      remote: `${house.web.url}/git/storefront.git`,
      environments: [],
      lastRun: null,
    });
    expect(await refusal(await app())).to.deep.include({ status: 409, code: 'app-taken' });
    expect((await house.json<{ items: unknown[] }>('/api/v1/apps')).items).to.have.length(1);
  });

  for (const name of ['', 'Store', 'a_b', '-a', 'a-', 'a'.repeat(41), '../x', 'git', 'ä']) {
    it(`refuses ${JSON.stringify(name)} as an app's name, with what is right`, async () => {
      const refused = await refusal(await house.post('/api/v1/apps', { name }));
      expect(refused).to.deep.include({ status: 400, code: 'app-name' });
      expect(refused.next).to.not.equal('');
    });
  }

  it('refuses bodies that it does not understand', async () => {
    expect(await refusal(await house.post('/api/v1/apps', { name: 'x', colour: 'red' }))).to.deep.include({
      status: 400,
      code: 'body',
    });
    expect((await refusal(await house.post('/api/v1/apps', {}))).status).to.equal(400);
    const broken = await house.ask('/api/v1/apps', { method: 'POST', body: '{"name":' });
    expect(await refusal(broken)).to.deep.include({ status: 400, code: 'body-json' });
    const large = await house.ask('/api/v1/apps', { method: 'POST', body: `"${'x'.repeat(1_100_000)}"` });
    expect(await refusal(large)).to.deep.include({ status: 413, code: 'body-too-large' });
  });

  it('walks a run from push to production, and shows each part', async () => {
    await app();
    await push();
    await runner.succeedUntil('gray/approve');
    const waiting = await house.json('/api/v1/apps/storefront/runs/1');
    expect(waiting.state).to.equal('waiting');
    expect(waiting.waitsFor).to.equal('gray/approve waits for one person (release-manager) to approve');
    expect((waiting.approvals as object[])[0]).to.include({ step: 'gray/approve', state: 'requested', count: 1 });
    expect((waiting.stages as { name: string; state: string }[]).map((s) => `${s.name} ${s.state}`)).to.deep.equal([
      'build succeeded',
      'test succeeded',
      'gray waiting',
      'production pending',
    ]);
    const stale = await house.post('/api/v1/apps/storefront/runs/1/approve', { releaseHash: 'f'.repeat(64) });
    expect(await refusal(stale)).to.deep.include({ status: 409, code: 'approval-changed' });
    const approved = await house.post('/api/v1/apps/storefront/runs/1/approve', {
      releaseHash: waiting.releaseHash,
      reason: 'looks good',
    });
    const granted = { run: 1, step: 'gray/approve', state: 'granted', missing: 0, reviewDue: null };
    expect(await approved.json()).to.deep.equal(granted);
    await runner.succeedUntil('production/retire');
    expect(await house.json('/api/v1/apps/storefront/runs/1')).to.include({ state: 'succeeded', release: 1 });

    const shown = await house.json<{ environments: Record<string, unknown>[] }>('/api/v1/apps/storefront');
    const production = shown.environments.find((e) => e.name === 'production');
    expect(production).to.deep.include({
      host: 'storefront.localhost',
      url: 'http://storefront.localhost:8080/',
      gray: null,
    });
    expect(production?.stable).to.include({ number: 1, commit: 'a'.repeat(40) });
    const releases = await house.json<{ items: object[] }>('/api/v1/apps/storefront/releases');
    expect(releases.items[0]).to.deep.include({ number: 1, run: 1, state: 'sealed' });
    const release = await house.json('/api/v1/apps/storefront/releases/1');
    expect(release.roles).to.deep.include({ environment: 'production', role: 'stable' });
    expect((await house.json<{ items: object[] }>('/api/v1/environments')).items).to.have.length(2);
  });

  it('rolls back to the warm release, and says when there is nothing to go back to', async () => {
    await app();
    const nothing = await house.post('/api/v1/apps/storefront/rollback', {});
    expect(await refusal(nothing)).to.deep.include({ status: 409, code: 'nothing-to-roll-back' });
    await push();
    await runner.succeedUntil('gray/approve');
    await house.post('/api/v1/apps/storefront/runs/1/approve');
    await runner.succeedUntil('production/retire');
    await push('b'.repeat(40), 'a'.repeat(40));
    await runner.succeedUntil('gray/approve');
    await house.post('/api/v1/apps/storefront/runs/2/approve');
    await runner.succeedUntil('gray/share');
    const grayed = await house.post('/api/v1/apps/storefront/gray', { share: 2_500 });
    expect(await grayed.json()).to.deep.equal({ run: 3, share: 2_500 });
    const tooMuch = await house.post('/api/v1/apps/storefront/gray', { share: 10_001 });
    expect((await refusal(tooMuch)).status).to.equal(400);
    await runner.succeedUntil('production/retire');
    const back = await house.post('/api/v1/apps/storefront/rollback', { reason: 'slow' });
    expect(await back.json()).to.include({ kind: 'warm', from: 'storefront release 2', to: 'storefront release 1' });
  });

  it('cancels a run once', async () => {
    await app();
    await push();
    const cancelled = await house.post('/api/v1/apps/storefront/runs/1/cancel', { reason: 'wrong branch' });
    expect(await cancelled.json()).to.deep.equal({ state: 'cancelled' });
    const again = await house.post('/api/v1/apps/storefront/runs/1/cancel', {});
    expect(await refusal(again)).to.deep.include({ status: 409, code: 'run-ended' });
  });

  it('names what does not exist', async () => {
    await app();
    const cases: [string, string][] = [
      ['/api/v1/apps/nothing', 'app-unknown'],
      ['/api/v1/apps/storefront/runs/7', 'run-unknown'],
      ['/api/v1/apps/storefront/releases/7', 'release-unknown'],
    ];
    for (const [path, code] of cases)
      expect(await refusal(await house.ask(path))).to.deep.include({ status: 404, code });
    const unknownRun = await house.post('/api/v1/apps/storefront/runs/7/approve', {});
    expect(await refusal(unknownRun)).to.deep.include({ status: 404, code: 'run-unknown' });
    expect((await house.ask('/api/v1/apps/storefront/runs/x')).status).to.equal(400);
    expect((await house.ask('/api/v1/runs?limit=0')).status).to.equal(400);
  });

  it('gives a log from an offset, and follows it until the step has ended', async () => {
    await app();
    await push();
    const lease = await runner.take();
    await runner.log(lease, 'one\n');
    const path = '/api/v1/apps/storefront/runs/1/steps/plan/log';
    const part = await house.ask(`${path}?offset=2`);
    expect(await part.text()).to.equal('e\n');
    expect(part.headers.get('x-log-size')).to.equal('4');
    expect(part.headers.get('x-step-state')).to.equal('running');
    const following = await house.ask(`${path}?follow=1`);
    await runner.log(lease, 'two\n');
    await runner.end(lease, { end: 'ignored', reason: 'nobody wants it' });
    expect(await following.text()).to.equal('one\ntwo\n');
    expect((await house.ask('/api/v1/apps/storefront/runs/1/steps/test%2Fdeliver/log')).status).to.equal(404);
  });

  it('answers who only asks about a log at once, and reads nothing of it', async () => {
    await app();
    await push();
    await runner.log(await runner.take(), 'one\n');
    const { hostname, port } = new URL(house.web.url);
    const socket = connect(Number(port), hostname);
    const path = '/api/v1/apps/storefront/runs/1/steps/plan/log?follow=1';
    socket.write(
      `HEAD ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${house.token}\r\nConnection: close\r\n\r\n`,
    );
    // Ends with the answer: the connection would else be kept for as long as the step runs.
    const answer = await text(socket);
    expect(answer)
      .to.match(/^HTTP\/1.1 200 OK\r\n/)
      .and.match(/x-log-size: 4\r\n/i);
  });

  it('reads the log of a step whose name has a slash', async () => {
    await app();
    await push();
    await runner.succeedUntil('seal');
    await runner.succeed('hello\n');
    const log = await house.ask('/api/v1/apps/storefront/runs/1/steps/test%2Fdeliver/log');
    expect(await log.text()).to.equal('hello\n');
  });

  it('lints a pipeline', async () => {
    const { problems } = (await (await house.post('/api/v1/lint', { text: 'app: x\ncolour: red\n' })).json()) as {
      problems: { line: number; code: string }[];
    };
    expect(problems.map((p) => p.code)).to.include('unknown-key');
  });

  it('measures', async () => {
    await app();
    await push();
    const text = await (await house.ask('/metrics')).text();
    expect(text).to.include('gantry_runs{state="queued"} 1');
    expect(text).to.include('gantry_deliveries_total{outcome="run"} 1');
    expect(text).to.include('gantry_switches_total 0');
    expect(text).to.include('route="/api/v1/apps"');
    expect(text).to.not.include('route="/api/v1/apps/storefront"');
  });

  it('answers a failure of its own without telling how it came about', async () => {
    await house.engine.parts.store.close();
    const answer = await house.ask('/api/v1/status');
    expect(await refusal(answer)).to.deep.include({ status: 500, code: 'internal' });
    const ready = await house.ask('/readyz', { as: 'nobody' });
    expect(ready.status).to.equal(503);
  });
});
