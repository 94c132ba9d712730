import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Desk } from '../../cli/support/command-line';
import { signIn } from '../support/browser';
import { type House, makeHouse } from '../support/house';
import { Person } from '../support/person';

describe('gantry login', function () {
  this.timeout(20_000);
  /** What is asked for runs by the machine's clock, moved on by hand where a code was used. */
  let moved = 0;
  const clock = { now: () => Date.now() + moved };
  let house: House;
  let desk: Desk;
  let rita: Person;
  beforeEach(async () => {
    moved = 0;
    house = await makeHouse({ clock });
    desk = new Desk();
    rita = await Person.add(house, 'rita', clock, ['release-manager']);
    await rita.accept((await house.engine.signin.invite('rita', 'user:owner')).secret);
  });
  afterEach(async () => {
    desk.clear();
    await house.close();
  });

  const run = (words: string, typed?: string) =>
    desk.run(words.split(' '), {
      environment: { GANTRY_URL: house.web.url },
      ...(typed === undefined ? {} : { person: true, input: typed }),
    });
  const code = async () =>
    (await house.engine.parts.store.read.selectFrom('login_requests').select('code').executeTakeFirst())?.code;
  async function waitingCode(): Promise<string> {
    for (;;) {
      const found = await code();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function login() {
    const ran = run('login');
    const shown = await waitingCode();
    const page = `/login/command?code=${shown}`;
    expect(await (await rita.get(page)).text())
      .to.include(shown)
      .and.include('127.0.0.1');
    expect((await rita.submit(page, '/login/command', { code: shown, answer: 'yes' })).status).to.equal(200);
    return { ...(await ran), shown };
  }

  it('signs the command line in as the person who let it in, and keeps that for its owner alone', async () => {
    const { exit, stdout, stderr, shown } = await login();
    expect([exit, stdout]).to.satisfy(
      ([status, text]: [number, string]) => status === 0 && /as rita at http/.test(text),
    );
    expect(stderr).to.include(`/login/command?code=${shown}`);
    expect(statSync(join(desk.folder, 'gantry', 'sessions.json')).mode & 0o777).to.equal(0o600);
    expect((await run('status --json')).json()).to.have.nested.property('user.name', 'rita');
    const { items } = (await run('session list --json')).json() as { items: { kind: string; current: boolean }[] };
    expect(items.find(({ current }) => current)?.kind).to.equal('command');
  });

  it('ends by gantry logout, here and there', async () => {
    await login();
    expect((await run('logout')).stdout).to.match(/^Signed out/);
    expect((await run('status')).exit).to.equal(4);
    expect((await run('logout')).stdout).to.match(/^You are not signed in/);
  });

  it('says so when the session was ended elsewhere, and how to go on', async () => {
    await login();
    const page = await (await rita.get('/me')).text();
    const [, id = ''] = /\/me\/sessions\/(\w+)\/end/.exec(page.slice(page.indexOf('command'))) ?? [];
    await rita.submit('/me', `/me/sessions/${id}/end`);
    const { exit, stderr } = await run('status');
    expect(exit).to.equal(4);
    expect(stderr).to.match(/^gantry: your session at http\S+ has ended; sign in again: gantry login/);
    expect((await run('logout')).exit).to.equal(0);
    expect((await run('status')).stderr).to.include('none is known here');
  });

  it('asks for the code of the app once more where something wants a fresh one', async () => {
    await login();
    moved += 6 * 60_000;
    const wrong = await run('login --confirm', '000000\n');
    expect([wrong.exit, wrong.stderr]).to.satisfy(
      ([exit, text]: [number, string]) => exit === 4 && text.includes('not the code'),
    );
    const confirmed = await run('login --confirm', `${rita.code()}\n`);
    expect([confirmed.exit, confirmed.stderr]).to.deep.equal([0, 'Code of your app: ']);
    const row = await house.engine.parts.store.read
      .selectFrom('signin_sessions')
      .select('second_factor_at')
      .where('kind', '=', 'command')
      .executeTakeFirstOrThrow();
    expect(clock.now() - (row.second_factor_at ?? 0)).to.be.below(60_000);
  });

  it('is turned away by a no', async () => {
    const ran = run('login');
    const shown = await waitingCode();
    await rita.submit(`/login/command?code=${shown}`, '/login/command', { code: shown, answer: 'no' });
    expect((await ran).exit).to.equal(4);
    expect((await run('status')).exit).to.equal(4);
  });

  it('wants the second factor of who lets it in, and nobody who only has a token', async () => {
    const asked = (await (await house.ask('/api/v1/login', { as: 'nobody', method: 'POST' })).json()) as {
      code: string;
    };
    const page = `/login/command?code=${asked.code}`;
    moved += 16 * 60_000;
    const fresh = (await (await house.ask('/api/v1/login', { as: 'nobody', method: 'POST' })).json()) as {
      code: string;
    };
    const sent = await rita.get(`/login/command?code=${fresh.code}`);
    expect([sent.status, sent.headers.get('location')]).to.deep.equal([
      303,
      `/confirm?next=${encodeURIComponent(`/login/command?code=${fresh.code}`)}`,
    ]);
    expect((await rita.get(page)).status, 'the first has ended, and the factor is asked for before that').to.equal(303);
    await rita.submit('/confirm', '/confirm', { code: rita.code() });
    expect((await rita.get(`/login/command?code=${fresh.code}`)).status).to.equal(200);
    expect((await rita.get(page)).status).to.equal(404);
    const owner = await signIn(house);
    expect((await owner.get(`/login/command?code=${fresh.code}`)).status).to.equal(403);
  });

  it('hands its session out once, and not to whoever knows only the code', async () => {
    const ask = (path: string, body: object) =>
      house.ask(path, { as: 'nobody', method: 'POST', body: JSON.stringify(body) });
    const asked = (await (await ask('/api/v1/login', {})).json()) as { secret: string; code: string };
    await rita.submit(`/login/command?code=${asked.code}`, '/login/command', { code: asked.code, answer: 'yes' });
    expect((await ask('/api/v1/login/take', { secret: asked.code })).status).to.equal(404);
    const first = await (await ask('/api/v1/login/take', { secret: asked.secret })).json();
    expect(first).to.have.nested.property('session.user', 'rita');
    expect((await ask('/api/v1/login/take', { secret: asked.secret })).status).to.equal(404);
  });

  it('keeps no more command lines waiting than anybody needs', async () => {
    const ask = () => house.ask('/api/v1/login', { as: 'nobody', method: 'POST' });
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await ask()).status);
    expect(statuses.filter((status) => status === 200)).to.have.length(10);
    moved += 11 * 60_000;
    expect((await ask()).status).to.equal(200);
  });
});
