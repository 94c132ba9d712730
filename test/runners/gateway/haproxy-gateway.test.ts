import { readFile, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { HaproxyGateway } from '../../../runners/gateway/haproxy-gateway';
import { RuntimeApi } from '../../../runners/gateway/runtime-api';
import { requireDocker } from '../../support/skips';
import { aRoute, aSlot, byHeader, keepsTheGatewayContract, theRecords } from './contract';
import { HaproxyHarness } from './haproxy-harness';
import { underLoad } from './load';

describe('the gateway as HAProxy', function () {
  this.timeout(30_000);
  let harness: HaproxyHarness;
  let gateway: HaproxyGateway;
  let other: HaproxyGateway;

  before(async function () {
    requireDocker(this);
    harness = new HaproxyHarness();
    await harness.open();
    gateway = harness.gateway();
    other = harness.gateway();
    await Promise.all([gateway.start(), harness.instance('one'), harness.instance('two')]);
  });

  after(async () => {
    await harness?.close();
  });

  keepsTheGatewayContract(() => ({
    gateway,
    other,
    instance: (name) => harness.instance(name),
    meets: async (host, headers) => (await harness.request(host, '/', headers)).body,
    address: () => harness.visitorAddress(),
    request: async (host, _slot, lane, status) => {
      await harness.request(host, `/status/${status}`, { 'x-gray': lane });
    },
  }));

  describe('its answers', () => {
    before(async () => {
      await gateway.addServers(20, 'a', [await harness.instance('one')]);
      await gateway.addServers(20, 'b', [await harness.instance('two')]);
    });

    it('are 404 in JSON for a host that no app has, and 503 for an app without a release or without a server', async () => {
      await gateway.route(aRoute('empty.test', 21, 1, { stable: null }));
      await gateway.route(aRoute('down.test', 21, 1, { stable: 'c' }));
      const answers = await Promise.all(
        ['nobody.test', 'empty.test', 'down.test'].map((host) => harness.request(host)),
      );
      expect(answers.map(({ status }) => status)).to.deep.equal([404, 503, 503]);
      const errors = answers.map(({ body }) => (JSON.parse(body) as { error: string }).error);
      expect(errors).to.deep.equal(['unknown-host', 'no-release', 'unavailable']);
    });

    it('come from stable alone while nothing is gray, with no cookie and no word about the inside', async () => {
      await gateway.route(aRoute('plain.test', 20, 1, { share: 10_000, key: '1' }));
      const answer = await harness.request('PLAIN.test.:80', '/headers', {
        'x-gray': '1',
        'x-forwarded-for': '192.0.2.7',
      });
      const received = JSON.parse(answer.body) as Record<string, string>;
      expect(received['x-forwarded-for']).to.match(/\d$/);
      expect(received['x-forwarded-proto']).to.equal('http');
      expect(answer.headers).to.not.have.any.keys('set-cookie', 'server', 'via');
      expect(JSON.stringify(answer.headers)).to.not.match(/gantry|haproxy|s20/i);
    });

    it('come from gray for the header or cookie of a rule, whatever the share', async () => {
      const cookie = { kind: 'cookie', name: 'beta', match: 'startsWith', value: 'v2-' } as const;
      const rules = [byHeader('X-Team', 'a b=:/'), cookie];
      await gateway.route(aRoute('rules.test', 20, 1, { gray: 'b', key: 'k"; x', rules }));
      const by = async (headers: Record<string, string>) => (await harness.request('rules.test', '/', headers)).body;
      expect(await by({})).to.equal('one');
      expect(await by({ 'x-team': 'a b=:/' })).to.equal('two');
      expect(await by({ cookie: 'x=1; beta=v2-7' })).to.equal('two');
      expect(await by({ 'x-gray': 'k"; x' })).to.equal('two');
      expect(await by({ 'x-team': 'a b=:/ ', 'x-gray': 'k"', cookie: 'beta=v2' })).to.equal('two');
      expect(await by({ 'x-team': 'a b', 'x-gray': 'k"', cookie: 'beta=v2' })).to.equal('one');
    });

    it('give a new visitor an id that decides this and every later request', async () => {
      await gateway.route(aRoute('visitor.test', 20, 1, { gray: 'b', share: 5_000 }));
      for (let visit = 0; visit < 10; visit += 1) {
        const first = await harness.request('visitor.test');
        const cookie = first.headers['set-cookie']?.[0] ?? '';
        expect(cookie).to.match(/^gantry_id=[0-9a-f-]{36}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
        const again = await harness.request('visitor.test', '/', { cookie: cookie.split(';')[0] ?? '' });
        expect(again.body).to.equal(first.body);
        expect(again.headers['set-cookie']).to.equal(undefined);
      }
    });

    it('meet gray for the promised share of ids, and nobody goes back while the share grows', async () => {
      const ids = Array.from({ length: 400 }, (_, index) => `visitor-${index}`);
      const connections = new Agent({ keepAlive: true, maxSockets: 8 });
      const isGray = async (id: string) =>
        (await harness.request('share.test', '/', { cookie: `gantry_id=${id}` }, connections)).body === 'two';
      let before = new Set<string>();
      for (const [version, share] of [0, 1_000, 3_000, 10_000].entries()) {
        await gateway.route(aRoute('share.test', 20, version + 1, { gray: 'b', share }));
        const met = await Promise.all(ids.map(isGray));
        const gray = new Set(ids.filter((_, index) => met[index]));
        expect(gray.size).to.be.closeTo((ids.length * share) / 10_000, 30);
        expect([...before].every((id) => gray.has(id))).to.equal(true);
        before = gray;
      }
      connections.destroy();
    });

    it('come from the same instance for a sticky app, and from all in turn otherwise', async () => {
      const both = [await harness.instance('one'), await harness.instance('two')];
      const others = [aSlot(aRoute('rules.test', 20, 1), { a: both.slice(0, 1), b: both.slice(1) })];
      const slot = (sticky: boolean) => aSlot(aRoute('sticky.test', 22, 1, { sticky }), { a: both });
      await gateway.converge(theRecords([...others, slot(true)]));
      const visit = async (id: string) =>
        (await harness.request('sticky.test', '/', { cookie: `gantry_id=${id}` })).body;
      const seen = new Set<string>();
      for (let visitor = 0; visitor < 20; visitor += 1) {
        const first = await visit(`visitor-${visitor}`);
        seen.add(first);
        for (let again = 0; again < 3; again += 1) expect(await visit(`visitor-${visitor}`)).to.equal(first);
      }
      expect(seen.size).to.equal(2);
      await gateway.converge(theRecords([...others, slot(false)]));
      const turns = await Promise.all(Array.from({ length: 20 }, () => visit('visitor-0')));
      expect(turns.filter((body) => body === 'one')).to.have.length.within(8, 12);
    });
  });

  describe('under load', () => {
    before(async () => {
      await gateway.addServers(30, 'a', [await harness.instance('one')]);
      await gateway.addServers(30, 'b', [await harness.instance('two')]);
    });

    it('switches 200 times and fails no request', async () => {
      let version = 1;
      await gateway.route(aRoute('flip.test', 30, version));
      const times: number[] = [];
      const { requests, failures } = await underLoad(harness, 'flip.test', async () => {
        for (let flip = 0; flip < 200; flip += 1) {
          version += 1;
          const begun = performance.now();
          const to = flip % 2 === 0 ? { gray: 'b' as const, share: 10_000 } : { stable: 'a' as const };
          await (flip % 3 === 0 ? other : gateway).route(aRoute('flip.test', 30, version, to));
          times.push(performance.now() - begun);
        }
      });
      times.sort((a, b) => a - b);
      note(`${requests} requests, switch p50 ${ms(times[100])} p99 ${ms(times[198])}`);
      expect(failures).to.deep.equal([]);
      expect(requests).to.be.greaterThan(200);
    });

    it('adds, drains and removes a server many times, stops its container once, and fails no request', async () => {
      const extra = await harness.instance('three');
      const times: number[] = [];
      const { requests, failures } = await underLoad(harness, 'flip.test', async () => {
        for (let round = 0; round < 6; round += 1) {
          await gateway.addServers(30, 'a', [extra]);
          await harness.request('flip.test');
          const begun = performance.now();
          await gateway.removeServers(30, 'a', [extra.name], 5_000);
          times.push(performance.now() - begun);
        }
        await harness.stopInstance('three');
      });
      times.sort((a, b) => a - b);
      note(`${requests} requests, drain and removal p50 ${ms(times[3])} max ${ms(times[5])}`);
      expect(failures).to.deep.equal([]);
    });

    it('makes more slots by a reload and fails no request', async () => {
      const { requests, failures } = await underLoad(harness, 'flip.test', async () => {
        await gateway.addServers(70, 'a', [await harness.instance('one')]);
        await other.route(aRoute('beyond.test', 70, 1));
        expect((await harness.request('beyond.test')).body).to.equal('one');
      });
      note(`${requests} requests`);
      expect(failures).to.deep.equal([]);
      expect((await gateway.listServers(30)).every(({ up }) => up)).to.equal(true);
    });
  });

  describe('when things break', () => {
    it('refuses a server that does not pass its health check, and takes it out again', async () => {
      const ill = { ...(await harness.instance('one')), name: 'ill', healthPath: '/status/500' };
      const refused = (await gateway.addServers(40, 'a', [ill]).catch((error: unknown) => error)) as Error;
      expect(refused.name).to.equal('ServersNotHealthyError');
      expect(refused.message).to.contain('ill (L7STS)');
      expect(await gateway.listServers(40)).to.deep.equal([]);
    });

    it('sends nothing to a server that still starts, and lets it in when it is healthy', async () => {
      const one = await harness.instance('one');
      await gateway.prepareServers(41, 'a', [one]);
      await gateway.prepareServers(41, 'a', [one]);
      const begun = aRoute('starts.test', 41, 1);
      await gateway.route(begun);
      expect((await harness.request('starts.test')).status).to.equal(503);
      expect((await gateway.listServers(41)).map(({ up }) => up)).to.deep.equal([false]);
      await gateway.addServers(41, 'a', [one]);
      expect((await harness.request('starts.test')).body).to.equal('one');
      await gateway.removeServers(41, 'a', [one.name], 1_000);
      expect(await gateway.listServers(41)).to.deep.equal([]);
      await gateway.removeRoute('starts.test');
    });

    it('comes back by itself when its process is killed, and serves the last route [F27]', async () => {
      await gateway.route(aRoute('flip.test', 30, 1_000, { stable: 'b', warm: 'a' }));
      const begun = performance.now();
      await harness.killGateway();
      await harness.until('flip.test', ({ status, body }) => status === 200 && body === 'two');
      note(`served again after ${ms(performance.now() - begun)}`);
      expect((await other.readRoute('flip.test'))?.version).to.equal(1_000);
    });

    it('lets servers go and come back that it has read from its file', async () => {
      const one = await harness.instance('one');
      await gateway.removeServers(30, 'a', [one.name], 1_000);
      expect((await other.listServers(30)).map(({ lane }) => lane)).to.deep.equal(['b']);
      await gateway.addServers(30, 'a', [one]);
      await gateway.route(aRoute('flip.test', 30, 1_001));
      expect((await harness.request('flip.test')).body).to.equal('one');
      await gateway.removeServers(30, 'a', [one.name], 1_000);
      expect((await harness.request('flip.test')).status).to.equal(503);
    });

    it('is made again from its own files when the container was removed, and from the records when files are lost [F27]', async () => {
      const one = await harness.instance('one');
      const records = theRecords([aSlot(aRoute('records.test', 50, 7), { a: [one] })]);
      await gateway.converge(records);
      await harness.docker.getContainer(harness.container).remove({ force: true });
      expect(await gateway.address()).to.equal(undefined);
      const refused = (await gateway.counters().catch((error: unknown) => error)) as Error;
      expect(refused.name).to.equal('GatewayUnreachableError');
      await other.start();
      await harness.until('records.test', ({ body }) => body === 'one');
      await gateway.remove();
      expect((await other.converge(records)).join()).to.contain('it was started');
      expect((await harness.request('records.test')).body).to.equal('one');
      expect(await gateway.converge(records)).to.deep.equal([]);
    });

    it('takes the configuration of this Gantry when an older one has started it', async () => {
      const api = new RuntimeApi(harness.folder, harness.container);
      const ours = await api.recipe();
      const records = theRecords([aSlot(aRoute('renewed.test', 51, 1), { a: [await harness.instance('one')] })]);
      await gateway.converge(records);
      const file = join(harness.folder, 'haproxy.cfg');
      await writeFile(file, (await readFile(file, 'utf8')).replace(`description ${ours}`, 'description older'));
      const worker = await api.workerPid();
      await new RuntimeApi(harness.folder, harness.container, 'master.sock').execute('reload');
      while ((await api.workerPid().catch(() => worker)) === worker) await pause(10);
      expect(await api.recipe()).to.equal('older');
      await other.converge(records);
      expect(await api.recipe()).to.equal(ours);
      expect((await harness.request('renewed.test')).body).to.equal('one');
    });

    it('serves on as it was when a configuration is invalid, names its line, and takes the next good one [F29]', async () => {
      const api = new RuntimeApi(harness.folder, harness.container);
      const master = new RuntimeApi(harness.folder, harness.container, 'master.sock');
      const ours = await api.recipe();
      const records = theRecords([aSlot(aRoute('invalid.test', 52, 1), { a: [await harness.instance('one')] })]);
      await gateway.converge(records);
      const worker = await api.workerPid();
      const file = join(harness.folder, 'haproxy.cfg');
      const good = await readFile(file, 'utf8');
      await writeFile(file, `${good}\nbackend broken\n  nonsense here\n`);
      await master.execute('reload');
      while (!/haproxy\.cfg:\d+\].*'nonsense'/.test(await harness.gatewayLog())) await pause(50);
      expect(await api.workerPid(), 'the old process stays').to.equal(worker);
      expect((await harness.request('invalid.test')).body).to.equal('one');
      await writeFile(file, good.replace(`description ${ours}`, 'description older'));
      // The master began itself anew, and was away for a moment.
      while (!(await master.accepts('reload'))) await pause(10);
      while ((await api.workerPid().catch(() => worker)) === worker) await pause(10);
      await other.converge(records);
      expect((await harness.request('invalid.test')).body).to.equal('one');
    });
  });
});

function note(text: string): void {
  console.log(`        ${text}`);
}

function ms(value: number | undefined): string {
  return `${(value ?? 0).toFixed(1)} ms`;
}
