import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { runCommandLine } from '../../cli/command-line';
import type { InstanceAccess } from '../../engine/ports/instance-access';
import { type Sessions, startSessions } from '../../runners/sessions/sessions';
import { shellServer } from '../../web/instances/shell';
import type { WebParts } from '../../web/parts';
import { Desk } from '../cli/support/command-line';
import { type House, makeHouse } from './support/house';
import { FakeRunner } from './support/runner';
import { until } from './support/until';

/** Instances that write lines until they are told to stop, and commands that repeat what they are told. */
class PlayedAccess implements InstanceAccess {
  readonly asked: unknown[] = [];
  readonly swept: string[] = [];
  readonly instance = new PassThrough();

  output: InstanceAccess['output'] = async (name, request, signal) => {
    this.asked.push({ name, ...request });
    const output = new PassThrough();
    output.write('started\n');
    if (!request.follow) output.end();
    signal.addEventListener('abort', () => output.end(), { once: true });
    return output;
  };

  start: InstanceAccess['start'] = async (name, request) => {
    this.asked.push({ name, ...request });
    const input = new PassThrough();
    const [program = '', ...words] = request.command;
    if (program === 'echo') input.end(`${words.join(' ')}\n`);
    return {
      input,
      output: (async function* () {
        for await (const bytes of input) yield { type: 'output' as const, bytes: bytes as Buffer };
      })(),
      resize: async (columns, rows) => void this.asked.push({ columns, rows }),
      exitCode: async () => 3,
      drop: () => void input.end(),
    };
  };

  sweep: InstanceAccess['sweep'] = async (_name, session) => void this.swept.push(session);
}

describe('looking into an instance', function () {
  this.timeout(10_000);
  let house: House;
  let access: PlayedAccess;
  let sessions: Sessions;
  let desk: Desk;
  beforeEach(async () => {
    house = await makeHouse();
    access = new PlayedAccess();
    desk = new Desk();
    await house.post('/api/v1/apps', { name: 'storefront' });
    const delivery = { app: 'storefront', source: 'test', ref: 'refs/heads/main', pusher: 'owner' };
    await house.engine.deliveries.accept({ ...delivery, before: '0'.repeat(40), after: 'a'.repeat(40) }, 'user:owner');
    const runner = new FakeRunner(house.engine);
    await runner.succeedUntil('test/deliver');
    sessions = startSessions(house.engine, { access, cluster: { name: 'local' } }, 'runner-1');
  });
  afterEach(async () => {
    await sessions.stop();
    await house.close();
    desk.clear();
  });

  const gantry = (words: string[], input = '', shown: (text: string) => void = () => undefined) =>
    desk.run(words, { environment: { GANTRY_URL: house.web.url, GANTRY_TOKEN: house.token }, input, shown });
  const audit = async (action: string) => {
    const rows = await house.engine.parts.store.read
      .selectFrom('audit')
      .selectAll()
      .where('action', '=', action)
      .execute();
    return rows.map(({ actor, object, detail }) => ({ actor, object, ...(JSON.parse(detail) as object) }));
  };
  const rows = () => house.engine.parts.store.read.selectFrom('instance_sessions').selectAll().execute();
  const connect = (path = '/api/v1/apps/storefront/shell', token = house.token) =>
    new WebSocket(`${house.web.url.replace('http', 'ws')}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const toProduction = async () => {
    const runner = new FakeRunner(house.engine);
    await runner.succeedUntil('gray/approve');
    await house.engine.approvals.decide({ app: 'storefront', user: 'owner', vote: 'yes', reason: '' });
    await runner.succeedUntil('production/retire');
  };

  it('runs a command in it, passes its exit code on, and tells the audit who, when, and how it ended', async () => {
    const ran = await gantry(['shell', 'storefront', '--env', 'test', '--', 'echo', 'hi', '--json']);
    expect(ran).to.include({ exit: 3, stdout: 'hi --json\n', stderr: '' });
    await until(async () => (await audit('instance.shell-end')).length === 1);
    const [began] = await audit('instance.shell');
    expect(began).to.deep.include({ actor: 'user:owner', object: 'storefront/test/storefront-test-1' });
    expect(began).to.deep.include({ command: ['echo', 'hi', '--json'] });
    const [over] = await audit('instance.shell-end');
    expect(over).to.deep.include({ actor: 'runner:runner-1', exitCode: 3, reason: '' });
    await until(() => access.swept.length === 1);
  });

  it('gives a command what is piped into it', async () => {
    const ran = await gantry(['shell', 'storefront', '--env', 'test', '--', 'cat'], 'one\ntwo\n');
    expect(ran).to.include({ exit: 3, stdout: 'one\ntwo\n' });
  });

  it('gives it the terminal of the person: every key, and the size', async () => {
    const modes: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) });
    const resized: (() => void)[] = [];
    let drawn = '';
    const stdout = {
      isTTY: true,
      columns: 101,
      rows: 33,
      write: (text: string | Buffer) => {
        drawn += text;
      },
      on: (_event: 'resize', heard: () => void) => resized.push(heard),
    };
    const settings = () => desk.settings({ GANTRY_URL: house.web.url, GANTRY_TOKEN: house.token });
    const around = { settings, folder: desk.folder, stdin, stdout, stderr: stdout };
    const ended = runCommandLine(['shell', 'storefront', '--env', 'test'], around);
    await until(() => modes.length === 1);
    expect(access.asked[0]).to.deep.include({ command: [], terminal: { columns: 101, rows: 33 } });
    stdin.write('\u0003');
    await until(() => drawn.endsWith('\u0003'));
    stdout.columns = 80;
    for (const heard of resized) heard();
    await until(() => access.asked.length === 2);
    expect(access.asked[1]).to.deep.equal({ columns: 80, rows: 33 });
    stdin.end();
    expect(await ended).to.equal(3);
    expect(modes).to.deep.equal([true, false]);
  });

  it('prints what it writes, and is told how much of it', async () => {
    const ran = await gantry(['logs', 'storefront', '--env', 'test', '--tail', '5', '--since', '10m']);
    expect(ran).to.include({ exit: 0, stdout: 'started\n', stderr: '' });
    expect(access.asked[0]).to.deep.include({ name: 'storefront-test-1', follow: false, tail: 5 });
    expect(await audit('instance.logs')).to.have.length(1);
    const json = await gantry(['logs', 'storefront', '--json']);
    expect(json.json()).to.deep.equal({ instance: 'storefront-test-1', place: 'test', log: 'started\n' });
  });

  it('ends when whoever follows the output goes away', async () => {
    const gone = new AbortController();
    const response = await fetch(`${house.web.url}/api/v1/apps/storefront/logs?follow=1`, {
      headers: { authorization: `Bearer ${house.token}` },
      signal: gone.signal,
    });
    expect(response.headers.get('x-instance')).to.equal('storefront-test-1');
    await response.body?.getReader().read();
    gone.abort();
    await until(async () => (await rows())[0]?.state === 'ended');
    expect((await rows())[0]?.reason).to.equal('the person has left');
  });

  it('breaks the output off, and does not end it, when Gantry stops', async () => {
    let following: ReturnType<typeof gantry> | undefined;
    await new Promise<string>((shown) => {
      following = gantry(['logs', 'storefront', '--env', 'test', '-f'], '', shown);
    });
    await house.web.stop();
    const ended = await following;
    expect(ended).to.include({ exit: 1, stdout: 'started\n' });
    expect(ended?.stderr).to.contain('the output broke off');
  });

  it('ends a shell, and what it has started, when its client is gone', async () => {
    const client = connect();
    await once(client, 'open');
    client.send(JSON.stringify({ environment: 'test', command: ['cat'] }));
    await once(client, 'message');
    client.terminate();
    await until(() => access.swept.length === 1);
    expect((await rows())[0]).to.include({ state: 'ended', reason: 'the person has left', exit_code: null });
  });

  it('says that Gantry stops, when a runner drains or web does', async () => {
    const client = connect();
    await once(client, 'open');
    client.send(JSON.stringify({ environment: 'test' }));
    await once(client, 'message');
    const [[said]] = await Promise.all([once(client, 'message'), sessions.stop()]);
    expect(JSON.parse(String(said))).to.deep.equal({ end: { exitCode: null, reason: 'Gantry is being stopped' } });
  });

  it('does not hold up a web process that stops, and says so to the person', async () => {
    const client = connect();
    await once(client, 'open');
    client.send(JSON.stringify({ environment: 'test' }));
    await once(client, 'message');
    const [[said]] = await Promise.all([once(client, 'message'), house.web.stop()]);
    expect(JSON.parse(String(said))).to.deep.equal({ end: { exitCode: null, reason: 'Gantry is being stopped' } });
    await until(() => access.swept.length === 1);
  });

  it('refuses what is no request', async () => {
    for (const text of ['{', '{"colour":"red"}', '{"command":"ls"}']) {
      const client = connect();
      await once(client, 'open');
      client.send(text);
      const [said] = await once(client, 'message');
      expect(JSON.parse(String(said))).to.have.nested.property('error.code', 'body');
    }
  });

  it('refuses production until it is said, and says why', async () => {
    await toProduction();
    const refused = await gantry(['shell', 'storefront', '--', 'echo', 'hi']);
    expect(refused.exit).to.equal(4);
    expect(refused.stderr).to.match(/storefront-\S+ stands in production: it meets real visitors.*--production/);
    expect(await rows()).to.deep.equal([]);
    expect(await gantry(['shell', 'storefront', '--production', '--', 'echo', 'hi'])).to.include({ stdout: 'hi\n' });
  });

  it('lists what can be looked into', async () => {
    const listed = await gantry(['instance', 'list', 'storefront']);
    expect(listed.stdout).to.match(/test\s+1\s+storefront-test-1\s+serving\s+release 1/);
    const missing = await gantry(['logs', 'storefront', '--instance', '2']);
    expect(missing).to.include({ exit: 1 });
    expect(missing.stderr).to.contain('storefront has no instance 2 in test; there are: 1 (storefront-test-1)');
  });

  it('is for whoever has a token, by WebSocket too', async () => {
    const client = connect(undefined, 'gantry_wrong');
    const [, response] = await once(client, 'unexpected-response');
    expect(response.statusCode).to.equal(401);
    expect(await gantry(['shell', 'nothing'])).to.include({ exit: 1 });
  });

  it('survives a client that breaks off before it is known who it is', async () => {
    const socket = new PassThrough();
    const request = { url: '/', headers: { authorization: `Bearer ${house.token}` } } as IncomingMessage;
    shellServer({ engine: house.engine } as WebParts)(request, socket, Buffer.alloc(0));
    socket.destroy(new Error('read ECONNRESET'));
    await until(() => socket.closed);
    expect(await rows()).to.deep.equal([]);
  });

  it('leaves alone who offers HTTP/2, as clients written in Java do', async () => {
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' };
    const [answer] = await once(get(`${house.web.url}/health/live`, { headers }), 'response');
    answer.resume();
    expect(answer.statusCode).to.equal(200);
  });

  it('says so when no runner takes it, and leaves nothing open', async () => {
    await sessions.stop();
    const opened = await house.engine.sessions.open(
      { app: 'storefront', kind: 'logs', request: { follow: false, since: null, tail: 1 } },
      'user:owner',
    );
    await opened.channel.close();
    await house.engine.parts.store.write((tx) => tx.updateTable('instance_sessions').set({ deadline: 1 }).execute());
    const next = startSessions(house.engine, { access, cluster: { name: 'local' } }, 'runner-2');
    try {
      await until(async () => (await rows())[0]?.state === 'ended');
      expect((await rows())[0]?.reason).to.equal('no runner took it');
    } finally {
      await next.stop();
    }
  });

  it('has room for so many at once', async () => {
    await sessions.stop();
    const wanted = { app: 'storefront', kind: 'logs' as const, request: { follow: true, since: null, tail: 1 } };
    for (let i = 0; i < 8; i++) await house.engine.sessions.open(wanted, 'user:owner');
    const refused = await house.engine.sessions.open(wanted, 'user:owner').catch((error: { code: string }) => error);
    expect(refused).to.deep.include({ code: 'sessions-full' });
    await house.engine.parts.exchange.close();
  });
});
