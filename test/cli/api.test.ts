import { mkdirSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { Desk, type Ran } from './support/command-line';
import { aRun, aStep, FakeGantry, refuse, sendEvents, TOKEN } from './support/fake-gantry';

describe('commands that speak to the API', () => {
  let gantry: FakeGantry;
  let desk: Desk;
  const run = (line: string, terminal = false): Promise<Ran> =>
    desk.run(line.split(' '), { environment: gantry.environment, terminal });

  beforeEach(async () => {
    gantry = new FakeGantry();
    desk = new Desk();
    await gantry.start();
  });
  afterEach(async () => {
    await gantry.stop();
    desk.clear();
  });

  it('list runs as plain lines in a pipe', async () => {
    gantry.on('GET /apps/shop/runs?limit=20', () => ({
      next: null,
      items: [aRun({ endedAt: 3_100, state: 'succeeded' })],
    }));
    const { exit, stdout } = await run('run list shop');
    expect(exit).to.equal(0);
    expect(stdout.split('\n')[1]).to.equal(
      'shop#3  succeeded  2.1 s  1970-01-01T00:00:01.000Z  main  14072ffc5f  2        new prices',
    );
  });

  it('use colours and relative times on a terminal', async () => {
    gantry.on('GET /runs?limit=20', () => ({
      next: null,
      items: [aRun({ state: 'failed', createdAt: Date.now() - 61_000 })],
    }));
    const { stdout } = await run('run list', true);
    expect(stdout).to.contain('\u001b[31mfailed\u001b[0m').and.to.contain('1 min ago');
  });

  it('print the answer unchanged with --json', async () => {
    const answer = { version: 1, items: [aRun({ title: 'a\u001b[2Jb' })], next: null };
    gantry.on('GET /runs?limit=20', () => answer);
    expect((await run('run list --json')).json()).to.deep.equal(answer);
  });

  it('never let the text of others command the terminal [S23]', async () => {
    gantry.on('GET /runs?limit=20', () => ({ next: null, items: [aRun({ title: 'a\u001b[2J\u0007\rb\u202e' })] }));
    const { stdout } = await run('run list', true);
    expect(stdout).to.contain('ab');
    for (const command of ['\u001b[2J', '\u0007', '\r', '\u202e']) expect(stdout).not.to.contain(command);
  });

  it('make an app and tell how to push', async () => {
    gantry.on('POST /apps', ({ body }) => ({
      ...(body as object),
      remote: 'http://g/git/shop.git',
      environments: [],
      lastRun: null,
    }));
    const { stdout } = await run('app create shop');
    expect(gantry.asked[0]?.body).to.deep.equal({ name: 'shop' });
    expect(stdout).to.contain('git remote add gantry http://g/git/shop.git');
  });

  it('make an app in a folder of the repository of another one', async () => {
    gantry.on('POST /apps', () => ({ name: 'stock', remote: 'http://g/git/shop.git', path: 'stock' }));
    const { stdout } = await run('app create stock --path services/stock --repository shop');
    expect(gantry.asked[0]?.body).to.deep.equal({ name: 'stock', path: 'services/stock', repository: 'shop' });
    expect(stdout).to.contain('git remote add gantry http://g/git/shop.git');
  });

  it("pass the server's reason and next act on, with exit status 1", async () => {
    gantry.on('POST /apps/shop/rollback', (_, response) =>
      refuse(response, 409, 'nothing-to-roll-back', 'nothing to go back to', 'see: gantry release list shop'),
    );
    const plain = await run('rollback shop');
    expect([plain.exit, plain.stdout, plain.stderr]).to.deep.equal([
      1,
      '',
      'gantry: nothing to go back to; see: gantry release list shop\n',
    ]);
    const { exit, stderr } = await run('rollback shop --json');
    expect(exit).to.equal(1);
    expect(JSON.parse(stderr)).to.deep.equal({
      error: { code: 'nothing-to-roll-back', message: 'nothing to go back to', next: 'see: gantry release list shop' },
    });
  });

  it('say with exit status 3 that Gantry does not answer', async () => {
    await gantry.stop();
    const { exit, stderr } = await run('status');
    expect([exit, stderr]).to.deep.equal([
      3,
      `gantry: Gantry does not answer at ${gantry.url}; start it with: ./gantry up\n`,
    ]);
    await gantry.start();
  });

  it('say with exit status 4 that a token is wrong, missing, or has not this right', async () => {
    const wrong = await desk.run(['status'], { environment: { ...gantry.environment, GANTRY_TOKEN: 'no' } });
    expect([wrong.exit, wrong.stderr]).to.deep.equal([
      4,
      `gantry: Gantry at ${gantry.url} does not know this token; give the right one: --token TOKEN, or the variable GANTRY_TOKEN\n`,
    ]);
    const missing = await desk.run(['status'], { environment: { GANTRY_URL: gantry.url } });
    expect(missing.exit).to.equal(4);
    expect(missing.stderr).to.contain('wants a token, and none is known here');
    gantry.on('GET /status', (_, response) => refuse(response, 403, 'role', 'only owners may', ''));
    expect((await run('status')).exit).to.equal(4);
  });

  it("never send this folder's token to another address", async () => {
    mkdirSync(desk.home);
    writeFileSync(join(desk.home, 'client.json'), JSON.stringify({ url: 'http://127.0.0.1:1', token: TOKEN }));
    await desk.run(['status', '--url', gantry.url]);
    expect(gantry.asked.map(({ token }) => token)).to.deep.equal([undefined]);
    writeFileSync(join(desk.home, 'client.json'), JSON.stringify({ url: gantry.url, token: TOKEN }));
    await desk.run(['status']);
    expect(gantry.asked.at(-1)?.token).to.equal(TOKEN);
  });

  it('say so when what answers is not Gantry', async () => {
    gantry.on('GET /status', (_, response) => void response.end('<html>hello'));
    const { exit, stderr } = await run('status');
    expect(exit).to.equal(1);
    expect(stderr).to.contain('is not Gantry; name another address: --url URL');
  });

  it('encode names, so that they cannot become another path', async () => {
    await run('app show ../users');
    expect(gantry.asked[0]?.path).to.equal('/apps/..%2Fusers');
  });

  describe('approving', () => {
    const gate = {
      step: 'gray/approve',
      state: 'requested',
      role: 'release-manager',
      count: 1,
      votes: [],
      releaseHash: 'abcdef0123456789',
      boundHash: 'b0d0',
      expiresAt: 9e15,
    };
    beforeEach(() => {
      gantry.on('GET /apps/shop/runs?limit=50', () => ({ items: [aRun({ number: 4 }), aRun({ state: 'waiting' })] }));
      gantry.on('GET /apps/shop/runs/3', () => aRun({ state: 'waiting', approvals: [gate] }));
      gantry.on('POST /apps/shop/runs/3/approve', () => ({ run: 3, step: gate.step, state: 'granted', missing: 0 }));
    });

    it('finds the run that waits, and binds the answer to the release that waits', async () => {
      const { stdout } = await desk.run(['approve', 'shop', '--reason', 'seen in test'], {
        environment: gantry.environment,
      });
      expect(gantry.asked.at(-1)?.body).to.deep.equal({
        step: 'gray/approve',
        boundHash: gate.boundHash,
        releaseHash: gate.releaseHash,
        reason: 'seen in test',
      });
      expect(stdout).to.equal('shop#3 gray/approve (release abcdef0123): approved, the run goes on\n');
    });

    it('refuses when another release waits than the one that was meant', async () => {
      const { exit, stderr } = await run('approve shop 3 --release 99999999');
      expect(exit).to.equal(1);
      expect(stderr).to.contain('is release abcdef0123, not 99999999');
      expect(gantry.asked.every(({ method }) => method === 'GET')).to.equal(true);
    });

    it('says how many more people are needed', async () => {
      gantry.on('POST /apps/shop/runs/3/approve', () => ({ run: 3, step: gate.step, state: 'requested', missing: 1 }));
      expect((await run('approve shop 3')).stdout).to.contain('your yes is counted, 1 more person needed');
    });

    it('wants a run to be named when several wait, and refuses when none does', async () => {
      gantry.on('GET /apps/shop/runs?limit=50', () => ({
        items: [aRun({ state: 'waiting', number: 5 }), aRun({ state: 'waiting' })],
      }));
      expect((await run('approve shop')).stderr).to.equal(
        'gantry: several runs of shop wait: #5, #3; name one after the app\n',
      );
      gantry.on('GET /apps/shop/runs?limit=50', () => ({ items: [aRun()] }));
      expect((await run('reject shop')).stderr).to.contain('nothing of shop waits for approval');
    });
  });

  describe('rolling back', () => {
    beforeEach(() => {
      gantry.on('POST /apps/shop/rollback', () => ({
        run: 3,
        kind: 'warm',
        from: 'shop release 2',
        to: 'shop release 1',
      }));
    });

    it('waits until the switch is made, and tells how long it took', async () => {
      let state = 'running';
      gantry.on('GET /apps/shop/runs/3', () => aRun({ state, endedAt: state === 'running' ? null : 1_040 }));
      gantry.on('GET /apps/shop/runs/3/events', (_, response) => {
        state = 'succeeded';
        return sendEvents(response, [1, 2], 'end');
      });
      const { exit, stdout } = await run('rollback shop --reason bad');
      expect(exit).to.equal(0);
      expect(stdout).to.match(/^shop went back from shop release 2 to shop release 1 in \d+ ms \(run #3\)\n$/);
      expect(gantry.asked[0]?.body).to.deep.equal({ reason: 'bad' });
    });

    it('does not wait when told so', async () => {
      const { json } = await run('rollback shop --no-wait --json');
      expect(json()).to.deep.equal({ run: 3, kind: 'warm', from: 'shop release 2', to: 'shop release 1' });
      expect(gantry.asked).to.have.length(1);
    });

    it('fails when the run did not go back', async () => {
      gantry.on('GET /apps/shop/runs/3', () => aRun({ state: 'failed', reason: 'the gateway does not answer' }));
      const { exit, stderr } = await run('rollback shop');
      expect(exit).to.equal(1);
      expect(stderr).to.contain('shop did not go back').and.to.contain('the gateway does not answer');
    });

    it('of a gray release ends its run, which is what was wanted', async () => {
      gantry.on('POST /apps/shop/rollback', () => ({ run: 3, kind: 'gray', from: 'b', to: 'a' }));
      gantry.on('GET /apps/shop/runs/3', () => aRun({ state: 'cancelled', endedAt: 2_000 }));
      expect((await run('rollback shop')).exit).to.equal(0);
    });
  });

  describe('watching a run', () => {
    it('goes on after the last event when the stream breaks', async () => {
      const states = ['running', 'running', 'succeeded'];
      const seen: (string | undefined)[] = [];
      gantry.on('GET /apps/shop/runs/3', () =>
        aRun({ state: states[Math.min(seen.length, 2)] ?? '', steps: [aStep('plan')] }),
      );
      gantry.on('GET /apps/shop/runs/3/events', ({ lastEventId }, response) => {
        seen.push(lastEventId);
        return sendEvents(response, seen.length === 1 ? [7] : [8], seen.length === 1 ? 'cut' : 'end');
      });
      const { exit, stdout } = await run('run watch shop 3');
      expect(exit).to.equal(0);
      expect(seen).to.deep.equal([undefined, '7']);
      expect(stdout.match(/plan {10,}ok {2}2\.1 s/g)).to.have.length(1);
    });

    it('tells what it waits for and how to go on, and ends there with --until-wait', async () => {
      gantry.on('GET /apps/shop/runs/3', () =>
        aRun({ state: 'waiting', waitsFor: 'gray/approve waits for one person' }),
      );
      const { exit, stdout } = await run('run watch shop 3 --until-wait');
      expect(exit).to.equal(0);
      expect(stdout).to.contain('waits: gray/approve waits for one person').and.to.contain('gantry approve shop 3');
    });

    it('has exit status 1 when the run failed', async () => {
      gantry.on('GET /apps/shop/runs/3', () => aRun({ state: 'failed', reason: 'never healthy', endedAt: 3_000 }));
      const { exit, stdout } = await run('run watch shop 3');
      expect([exit, stdout]).to.deep.equal([1, 'shop#3  new prices\nshop#3 failed after 2.0 s: never healthy\n']);
    });
  });

  describe('logs', () => {
    beforeEach(() => {
      gantry.on('GET /apps/shop/runs/3', () =>
        aRun({ state: 'succeeded', steps: [aStep('plan'), aStep('test/deliver')] }),
      );
      gantry.on('GET /apps/shop/runs/3/steps/plan/log', (_, response) => void response.end('one\n'));
      gantry.on('GET /apps/shop/runs/3/steps/test%2Fdeliver/log', (_, response) => void response.end('t\u001b[2Jwo'));
    });

    it('of all steps come in order, each under its name, harmless', async () => {
      expect((await run('run logs shop 3')).stdout).to.equal('== plan\none\n== test/deliver\ntwo\n');
    });

    it('of one step are that step alone', async () => {
      expect((await run('run logs shop 3 test/deliver')).stdout).to.equal('== test/deliver\ntwo\n');
      expect((await run('run logs shop 3 tset')).stderr).to.contain('its steps: plan, test/deliver');
    });

    it('can be followed from the first step to the last', async () => {
      const log = (text: string, state: string) => (_: unknown, response: ServerResponse) => {
        response.writeHead(200, { 'x-step-state': state, 'x-log-size': '4' });
        response.end(text);
      };
      const deliver = 'GET /apps/shop/runs/3/steps/test%2Fdeliver/log?follow=1';
      gantry.on(`${deliver}&offset=0`, log('two\n', 'running'));
      gantry.on(`${deliver}&offset=4`, log('', 'succeeded'));
      let looks = 0;
      gantry.on('GET /apps/shop/runs/3', () => {
        looks += 1;
        if (looks < 4)
          return aRun({ steps: [aStep('plan'), aStep('test/deliver', { state: 'running', endedAt: null })] });
        return aRun({ state: 'succeeded', steps: [aStep('plan'), aStep('test/deliver')] });
      });
      expect((await run('run logs shop 3 --follow')).stdout).to.equal('== plan\none\n== test/deliver\ntwo\n');
    });

    it('that are followed go on after the last byte when the stream breaks: no line is lost, none comes twice', async () => {
      gantry.on('GET /apps/shop/runs/3', () => aRun({ steps: [aStep('plan', { state: 'running', endedAt: null })] }));
      const plan = 'GET /apps/shop/runs/3/steps/plan/log?follow=1';
      const asked: number[] = [];
      const part = (offset: number, answer: (response: ServerResponse) => void) =>
        gantry.on(`${plan}&offset=${offset}`, (_, response) => {
          asked.push(offset);
          response.writeHead(200, { 'x-step-state': offset < 9 ? 'running' : 'succeeded', 'x-log-size': '12' });
          answer(response);
        });
      part(0, (response) => response.write('one\ntwo', () => response.destroy()));
      part(7, (response) => response.end('\nt'));
      part(9, (response) => response.end('hr\n'));
      expect((await run('run logs shop 3 plan --follow')).stdout).to.equal('== plan\none\ntwo\nthr\n');
      expect(asked).to.deep.equal([0, 7, 9]);
    });

    it('have colours on a terminal and no other command to it; none when nobody wants them [S23]', async () => {
      const text = '12:00:00.000 10 %\r\u001b[32mdone\u001b[0m\u001b[2J\u001b]0;title\u0007 \u001b[A!\n';
      gantry.on('GET /apps/shop/runs/3/steps/plan/log', (_, response) => void response.end(text));
      const { stdout } = await run('run logs shop 3 plan', true);
      expect(stdout).to.include('12:00:00.000 \u001b[32mdone\u001b[0m !\u001b[0m\n');
      const plain = '== plan\n12:00:00.000 done !\n';
      expect((await run('run logs shop 3 plan')).stdout, 'in a pipe').to.equal(plain);
      const noColour = { terminal: true, environment: { ...gantry.environment, NO_COLOR: '1' } };
      expect((await desk.run(['run', 'logs', 'shop', '3', 'plan'], noColour)).stdout, 'with NO_COLOR').to.include(
        plain.slice(8),
      );
    });

    it('are one document with --json', async () => {
      expect((await run('run logs shop 3 plan --json')).json()).to.deep.equal({
        app: 'shop',
        run: 3,
        steps: [{ name: 'plan', log: 'one\n' }],
      });
    });
  });

  describe('gray', () => {
    const production = {
      name: 'production',
      role: 'production',
      host: 'shop.localhost',
      url: 'http://shop.localhost:8080/',
      version: 2,
      confirmedVersion: 2,
      share: 500,
      rules: [{ kind: 'header', text: 'header X-Team = qa' }],
      warmUntil: null,
      stable: { number: 1, hash: 'a', id: '1', commit: 'c' },
      gray: { number: 2, hash: 'b', id: '2', commit: 'd' },
      warm: null,
      instances: [],
    };
    beforeEach(() => {
      gantry.on('POST /apps/shop/gray', () => ({ run: 3, share: 500 }));
      gantry.on('GET /apps/shop/runs/3', () => aRun({ state: 'succeeded' }));
      gantry.on('GET /apps/shop/gray', () => ({
        app: 'shop',
        stable: production.stable,
        gray: production.gray,
        share: 500,
        rules: [...production.rules, { kind: 'users', text: '3 users' }],
        salt: 'abc',
        identity: 'X-User',
        since: 1_000,
        by: 'user:ada',
        measured: { requests: 2_000, share: 475 },
      }));
      gantry.on('GET /apps/shop', () => ({
        name: 'shop',
        remote: '',
        createdAt: 1,
        environments: [production],
        lastRun: null,
      }));
    });

    it('is set in 1/10,000, with rules and users', async () => {
      const rules = '--header X-Team=qa --header qa --cookie beta=v2-* --user ada --user bob --clear-rules';
      const { stdout } = await run(`gray set shop 5% ${rules}`);
      expect(gantry.asked[0]?.body).to.deep.equal({
        share: 500,
        clear: true,
        rules: [
          { kind: 'header', name: 'X-Team', match: 'equals', value: 'qa' },
          { kind: 'header', name: 'X-Gray', match: 'equals', value: 'qa' },
          { kind: 'cookie', name: 'beta', match: 'startsWith', value: 'v2-' },
        ],
        users: ['ada', 'bob'],
      });
      expect(stdout).to.equal('shop: 5% of the traffic meets gray (run #3)\n');
    });

    it('is refused with the nearest share that can be', async () => {
      for (const [typed, near] of [
        ['0.001%', '0.01%'],
        ['120%', '100%'],
        ['5', '5%'],
        ['5,5%', '5.5%'],
      ]) {
        expect((await run(`gray set shop ${typed}`)).stderr).to.contain(`did you mean ${near}?`);
      }
      expect((await run('gray set shop half')).stderr).to.contain('write it like 5%');
      expect((await run('gray set shop 5% --header X-Team=')).stderr).to.contain('--clear-rules');
      expect(gantry.asked).to.deep.equal([]);
    });

    it('tells the share that is, not the one that was asked for', async () => {
      gantry.on('POST /apps/shop/gray', () => ({ run: 3, share: 2500 }));
      expect((await run('gray set shop 25%')).stdout).to.equal(
        'shop: 5% of the traffic meets gray, not 25%: gantry run logs shop 3 tells why\n',
      );
    });

    it('shows who meets it', async () => {
      const { stdout } = await run('gray show shop');
      expect(stdout).to.equal(
        [
          'gray      release 2',
          'stable    release 1',
          'share     5%',
          'measured  4.75% of 2000 requests',
          'always    header X-Team = qa, 3 users',
          'users     known by the header X-User',
          'salt      abc',
          'since     1970-01-01T00:00:01.000Z',
          'by        ada',
          '',
        ].join('\n'),
      );
    });

    it('explains who meets what, and why', async () => {
      gantry.on('POST /apps/shop/gray/explain', () => ({
        host: 'shop.localhost',
        release: production.gray,
        role: 'gray',
        sentences: ['rule 1 lets it in: header X-Team = qa'],
      }));
      const { stdout } = await run('gray explain shop --header X-Team=qa --cookie abc --user ada --address 10.0.0.1');
      expect(stdout).to.equal('shop.localhost: meets release 2 (gray)\n  rule 1 lets it in: header X-Team = qa\n');
      expect(gantry.asked[0]?.body).to.deep.equal({
        headers: [{ name: 'X-Team', value: 'qa' }],
        cookies: ['abc'],
        user: 'ada',
        address: '10.0.0.1',
      });
    });
  });
});
