import { expect } from 'chai';
import { Desk } from './support/command-line';
import { FakeGantry } from './support/fake-gantry';

const HOOKS = { github: 'http://127.0.0.1:7070/hooks/shop/github' };
const URL = 'https://forge.example.org/shop.git';

describe('gantry app connect', () => {
  const desk = new Desk();
  const gantry = new FakeGantry();
  before(() => gantry.start());
  after(async () => {
    await gantry.stop();
    desk.clear();
  });
  beforeEach(() => {
    gantry.asked.length = 0;
    gantry.on('POST /apps/shop/source', ({ body }) => {
      const { token, secret } = body as { token?: string; secret?: string };
      const fresh = secret ?? 'whsec_new';
      return { app: 'shop', url: URL, hasToken: token !== undefined, secret: fresh, hooks: HOOKS };
    });
  });
  const run = (line: string, input = '') => desk.run(line.split(' '), { environment: gantry.environment, input });

  it('tells the address of the hook and its secret, once', async () => {
    const { stdout, exit } = await run(`app connect shop --source ${URL}`);
    expect(exit).to.equal(0);
    expect(stdout).to.include(HOOKS.github).and.include('shown only now: whsec_new');
    expect(gantry.asked[0]?.body).to.deep.equal({ url: URL, newSecret: false });
  });

  it('says that the secret stays when the app has one', async () => {
    gantry.on('POST /apps/shop/source', () => ({ app: 'shop', url: URL, hasToken: false, secret: null, hooks: HOOKS }));
    expect((await run(`app connect shop --source ${URL}`)).stdout).to.include('The secret stays as it was');
  });

  it('reads token and secret from standard input, a line each', async () => {
    const { stdout } = await run(`app connect shop --source ${URL} --token-stdin --secret-stdin`, 'tok-1\nsec-1\n');
    expect(gantry.asked[0]?.body).to.deep.equal({ url: URL, token: 'tok-1', secret: 'sec-1', newSecret: false });
    expect(stdout).to.not.include('tok-1');
  });

  it('pins the host of an SSH source, and shows the key that the forge must let in', async () => {
    const url = 'git@forge.example.org:shop/shop.git';
    const publicKey = 'ssh-ed25519 AAAA gantry-shop';
    gantry.on('POST /apps/shop/source', () => ({
      app: 'shop',
      url,
      hasToken: false,
      secret: null,
      publicKey,
      hooks: HOOKS,
    }));
    const { stdout } = await run(`app connect shop --source ${url} --host-key SHA256:abc`);
    expect(gantry.asked[0]?.body).to.deep.equal({ url, newSecret: false, hostKey: 'SHA256:abc' });
    expect(stdout).to.include('must let in').and.include(publicKey);
    gantry.on('GET /apps/shop/key', () => ({ app: 'shop', publicKey, createdAt: 1 }));
    expect((await run('app key shop')).stdout.trim()).to.equal(publicKey);
    gantry.on('POST /apps/shop/key', () => ({ app: 'shop', publicKey: 'ssh-ed25519 BBBB gantry-shop', createdAt: 2 }));
    expect((await run('app key shop --new')).stdout).to.include('BBBB');
  });

  it('replaces the secret of the hooks, and says until when the old one is good', async () => {
    gantry.on('POST /apps/shop/secret', ({ body }) => {
      const { now, secret } = body as { now: boolean; secret?: string };
      return { app: 'shop', secret: secret ?? 'whsec_next', earlierUntil: now ? null : Date.UTC(2026, 0, 2) };
    });
    const { stdout } = await run('app rotate-secret shop');
    expect(stdout).to.include('shown only now: whsec_next').and.include('good until 2026-01-02T00:00:00.000Z');
    const ended = await run('app rotate-secret shop --now --secret-stdin', 'made-by-the-forge\n');
    expect(ended.stdout).to.include('made-by-the-forge').and.include('refused from now on');
    expect((await run('app rotate-secret shop --secret-stdin')).exit).to.equal(2);
  });

  it('refuses when they are missing there, and asks nothing of the server', async () => {
    const { exit, stderr } = await run(`app connect shop --source ${URL} --token-stdin`);
    expect(exit).to.equal(2);
    expect(stderr).to.include('standard input has 0 lines');
    expect((await run('app connect shop')).stderr).to.include('say it: --source URL');
    expect(gantry.asked).to.have.length(0);
  });

  it('shows the last webhooks with the app', async () => {
    const looked = { comparedAt: Date.UTC(2026, 0, 1), problem: 'it does not answer' };
    const rotated = { hostKey: 'SHA256:abc', earlierSecretUntil: Date.UTC(2026, 0, 2) };
    const source = { url: URL, hasToken: true, connectedAt: 1, ...looked, ...rotated, hooks: HOOKS };
    const app = {
      name: 'shop',
      createdAt: 1,
      remote: 'http://x/git/shop.git',
      source,
      environments: [],
      lastRun: null,
    };
    gantry.on('GET /apps/shop', () => app);
    const hook = { delivery: 'a', forge: 'github', event: 'push', ref: 'refs/heads/main', after: '', endedAt: null };
    gantry.on('GET /apps/shop/hooks?limit=5', () => ({
      items: [
        { ...hook, receivedAt: 2_000, outcome: 'run', reason: '', attempts: 0, run: 7 },
        { ...hook, receivedAt: 1_000, outcome: 'pending', reason: 'the source wants a token', attempts: 3, run: null },
      ],
    }));
    const { stdout } = await run('app show shop');
    expect(stdout).to.include(`${URL} (with a token)`);
    expect(stdout).to.include('2026-01-01T00:00:00.000Z; since then: it does not answer');
    expect(stdout).to.include('SHA256:abc').and.include('good until 2026-01-02');
    expect(stdout)
      .to.match(/github +push +main +run 7/)
      .and.match(/pending +the source wants a token/);
  });
});
