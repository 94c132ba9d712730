import { expect } from 'chai';
import { SESSION_LIVES, SESSIONS_MAX } from '../../../engine/signin/limits';
import { signIn } from '../support/browser';
import { type House, makeHouse } from '../support/house';
import { commandSession } from '../support/people';
import { HandClock, Person } from '../support/person';

const MINUTE = 60_000;

interface Sessions {
  items: { id: string; kind: string; proof: string; seenAt: number; agent: string; current: boolean }[];
}

describe('a session', () => {
  const clock = new HandClock();
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ clock });
  });
  afterEach(() => house.close());

  const listed = async (ask: (path: string) => Promise<Response>) =>
    ((await (await ask('/api/v1/sessions')).json()) as Sessions).items;

  it('is listed for its person, who knows it again, and ended by its id', async () => {
    const [here, there] = [await signIn(house), await signIn(house)];
    const items = await listed(here.get);
    expect(items.map(({ kind, proof }) => `${kind} ${proof}`)).to.deep.equal(['browser token', 'browser token']);
    expect(items.filter(({ current }) => current)).to.have.length(1);
    expect(items[0]?.agent).to.match(/node|undici/i);
    const other = items.find(({ current }) => !current)?.id ?? '';
    expect(await (await house.post(`/api/v1/sessions/${other}/end`)).json()).to.deep.equal({ ended: other });
    expect([(await here.get('/')).status, (await there.get('/')).status]).to.deep.equal([200, 303]);
    expect((await house.post(`/api/v1/sessions/${other}/end`)).status).to.equal(404);
  });

  it('is ended by signing out, not only forgotten by the browser', async () => {
    const browser = await signIn(house);
    await browser.post('/logout', {});
    expect((await browser.get('/')).status).to.equal(303);
    expect(await house.engine.parts.store.read.selectFrom('signin_sessions').selectAll().execute()).to.deep.equal([]);
  });

  it('is not in the records: only its hash is [S35] [S35]', async () => {
    const { answer } = await signIn(house);
    const secret = /gantry_session=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? '';
    const row = await house.engine.parts.store.read.selectFrom('signin_sessions').selectAll().executeTakeFirst();
    expect(secret).to.have.length(43);
    expect(JSON.stringify(row)).to.not.include(secret);
  });

  it('ends when nobody uses it for its idle time, and lives on when somebody does [S35]', async () => {
    const [used, idle] = [await signIn(house), await signIn(house)];
    for (let passed = 0; passed < SESSION_LIVES.browser.idleMs; passed += 60 * MINUTE) {
      clock.pass(60 * MINUTE + 1);
      expect((await used.get('/')).status).to.equal(200);
      await house.restart();
    }
    expect((await idle.get('/')).status).to.equal(303);
  });

  it('ends after its whole time, however much it is used', async () => {
    const browser = await signIn(house);
    for (let passed = 0; passed + 60 * MINUTE < SESSION_LIVES.browser.mostMs; passed += 60 * MINUTE) {
      clock.pass(60 * MINUTE);
      await browser.get('/');
      await house.restart();
    }
    expect((await browser.get('/')).status).to.equal(200);
    clock.pass(60 * MINUTE + 1);
    expect((await browser.get('/')).status).to.equal(303);
  });

  it('ends with the token that it began with', async () => {
    const made = (await (await house.post('/api/v1/tokens', { name: 'mine', may: ['read'] })).json()) as {
      token: string;
    };
    const browser = await signIn(house, '/', made.token);
    expect((await browser.get('/')).status).to.equal(200);
    await house.post('/api/v1/tokens/mine/revoke');
    expect((await browser.get('/')).status).to.equal(303);
  });

  it('opens nothing as a token, and a token nothing as a session', async () => {
    const { answer } = await signIn(house);
    const secret = /gantry_session=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? '';
    for (const bearer of [secret, `gantry_s_${secret}`]) {
      const asked = await house.ask('/api/v1/status', { as: 'nobody', headers: { authorization: `Bearer ${bearer}` } });
      expect(asked.status).to.equal(401);
    }
    const cookie = `gantry_session=${house.token}`;
    expect((await house.ask('/', { as: 'nobody', headers: { cookie } })).status).to.equal(303);
  });
});

describe('sessions of one proof', () => {
  it('do not crowd out those of another', async () => {
    const clock = new HandClock();
    const house = await makeHouse({ clock });
    try {
      const vera = await Person.add(house, 'vera', clock, ['viewer']);
      await vera.accept((await house.engine.signin.invite('vera', 'user:owner')).secret);
      const { id } = await house.engine.parts.store.read
        .selectFrom('users')
        .select('id')
        .where('name', '=', 'vera')
        .executeTakeFirstOrThrow();
      const { token } = await house.engine.signin.createToken({ id, name: 'vera' }, { name: 'ci', may: ['read'] });
      clock.pass(1);
      const here = { agent: 'test', address: '10.0.0.1' };
      for (let i = 0; i < SESSIONS_MAX + 1; i++) await house.engine.signin.byToken(token, here);
      expect((await vera.get('/me')).status).to.equal(200);
    } finally {
      await house.close();
    }
  });
});

describe('an API token', () => {
  const clock = new HandClock();
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ clock });
    for (const name of ['storefront', 'ledger']) await house.post('/api/v1/apps', { name });
  });
  afterEach(() => house.close());

  const make = async (wanted: object) => {
    const answer = await house.post('/api/v1/tokens', { name: 'ci', may: ['read', 'push'], ...wanted });
    return { answer, made: (await answer.json()) as { token: string; endsAt: number; error?: { code: string } } };
  };
  const by = (token: string, path: string, init: RequestInit = {}) =>
    house.ask(path, {
      ...init,
      as: 'nobody',
      headers: { authorization: `Bearer ${token}`, ...(init.headers as object) },
    });

  it('may what it was made for, at its app alone, and not more', async () => {
    const { made } = await make({ app: 'storefront' });
    expect((await by(made.token, '/api/v1/apps/storefront')).status).to.equal(200);
    expect((await by(made.token, '/api/v1/apps/ledger')).status).to.equal(404);
    const created = await by(made.token, '/api/v1/apps', { method: 'POST', body: '{"name":"x"}' });
    expect(created.status).to.equal(403);
  });

  it('is shown once: the list and the records have only its name and its hash', async () => {
    const { made } = await make({});
    const list = await (await house.ask('/api/v1/tokens')).text();
    expect(list).to.include('"ci"').and.to.not.include(made.token);
    const rows = await house.engine.parts.store.read.selectFrom('tokens').selectAll().execute();
    expect(JSON.stringify(rows)).to.not.include(made.token);
  });

  it('ends by itself, after 90 days when nothing else was said', async () => {
    const { made } = await make({});
    expect(made.endsAt - clock.now()).to.equal(90 * 24 * 60 * MINUTE);
    clock.pass(90 * 24 * 60 * MINUTE);
    expect((await by(made.token, '/api/v1/status')).status).to.equal(401);
    expect((await make({})).answer.status, 'its name is free again').to.equal(200);
  });

  const REFUSED: [string, object, number, string][] = [
    ['a right to approve', { may: ['approve'] }, 400, 'body'],
    ['a right that there is not', { may: ['fly'] }, 400, 'body'],
    ['no right at all', { may: [] }, 400, 'body'],
    ['more than a year', { livesMs: 400 * 24 * 60 * MINUTE }, 400, 'token-life'],
    ['an app that there is not', { app: 'nothing' }, 404, 'no-such-app'],
  ];
  for (const [what, wanted, status, code] of REFUSED) {
    it(`is not made with ${what}`, async () => {
      const { answer, made } = await make(wanted);
      expect([answer.status, made.error?.code]).to.deep.equal([status, code]);
      expect(((await (await house.ask('/api/v1/tokens')).json()) as Sessions).items).to.have.length(1);
    });
  }

  it('has a name of its own', async () => {
    await make({});
    expect((await make({})).made.error?.code).to.equal('token-taken');
  });

  it('that is narrowed makes no other way in', async () => {
    const { made } = await make({ may: ['read', 'people'] });
    const body = JSON.stringify({ name: 'more', may: ['operate'] });
    const answer = await by(made.token, '/api/v1/tokens', { method: 'POST', body });
    expect([answer.status, await answer.text()]).to.satisfy(
      ([status, text]: [number, string]) => status === 403 && text.includes('token-narrowed'),
    );
    await Person.add(house, 'mallory', clock);
    await house.engine.teams.add('deciders', 'user:owner');
    const ways: [string, object][] = [
      ['users/owner/invitation', {}],
      ['users', { name: 'eve', role: 'release-manager' }],
      ['users/mallory/identities', { kind: 'email', name: 'eve@example.org' }],
      ['roles/grant', { user: 'mallory', role: 'release-manager' }],
      ['apps/ledger/roles/grant', { user: 'mallory', role: 'release-manager' }],
      ['teams/deciders/members', { user: 'mallory' }],
    ];
    for (const [path, wish] of ways) {
      const refused = await by(made.token, `/api/v1/${path}`, { method: 'POST', body: JSON.stringify(wish) });
      expect(`${refused.status} ${await refused.text()}`, path).to.match(/^403 .*token-narrowed/);
    }
  });

  it('unlinks nobody and lets nobody in or out, narrowed or whole: a person who signed in does', async () => {
    await Person.add(house, 'mallory', clock);
    const session = await commandSession(house);
    await house.engine.users.link({ user: 'mallory', kind: 'email', name: 'm@example.org' }, 'user:owner');
    const { made } = await make({ may: ['read', 'people'] });
    const deeds: [string, object, object][] = [
      ['identities/remove', { kind: 'email', name: 'm@example.org' }, { name: 'm@example.org', changed: true }],
      ['disable', {}, { enabled: false, changed: true }],
      ['enable', {}, { enabled: true, changed: true }],
    ];
    for (const [deed, wish, done] of deeds) {
      const body = JSON.stringify(wish);
      for (const token of [made.token, house.token]) {
        const refused = await by(token, `/api/v1/users/mallory/${deed}`, { method: 'POST', body });
        expect(`${refused.status} ${await refused.text()}`, deed).to.match(/^403 .*person-needed/);
      }
      const answer = await by(session, `/api/v1/users/mallory/${deed}`, { method: 'POST', body });
      expect(await answer.json(), deed).to.deep.include(done);
    }
  });

  it('that is narrowed shows a browser neither sessions nor tokens of its person', async () => {
    const { made } = await make({ may: ['read'] });
    const [narrow, whole] = [await signIn(house, '/', made.token), await signIn(house)];
    expect(await narrow.page('/me'))
      .to.include('signed in with a narrowed token')
      .and.not.include('Where you are signed in')
      .and.not.include('<td>ci</td>');
    expect(await whole.page('/me'))
      .to.include('Where you are signed in')
      .and.include('<td>ci</td>')
      .and.include('this one');
  });

  it('that is narrowed sees and ends no session and no token but itself', async () => {
    const { made } = await make({});
    const { items } = await house.json<Sessions>('/api/v1/sessions');
    expect(items).to.deep.equal([]);
    for (const path of ['sessions', 'tokens']) expect((await by(made.token, `/api/v1/${path}`)).status).to.equal(403);
    const end = (path: string) => by(made.token, `/api/v1/${path}`, { method: 'POST' });
    expect((await end('sessions/abc/end')).status).to.equal(403);
    expect((await end('tokens/first/revoke')).status).to.equal(403);
    expect((await end('tokens/ci/revoke')).status).to.equal(200);
    expect((await house.ask('/api/v1/status')).status).to.equal(200);
  });

  it('stays while it is the last way in of the last admin', async () => {
    const refused = await house.post('/api/v1/tokens/first/revoke');
    expect(`${refused.status} ${await refused.text()}`).to.match(/^409 .*last-way-in.*\/me/);
    const { id } = await house.engine.parts.store.read.selectFrom('users').select('id').executeTakeFirstOrThrow();
    const password = { user_id: id, hash: 'x', set_at: clock.now() };
    await house.engine.parts.store.write((tx) => tx.insertInto('passwords').values(password).execute());
    expect((await house.post('/api/v1/tokens/first/revoke')).status).to.equal(200);
  });

  it('tells when it was last used, and writes that once a minute', async () => {
    const { made } = await make({});
    const used = async () => {
      await by(made.token, '/api/v1/status');
      await house.restart();
      const { items } = await house.json<{ items: { name: string; usedAt: number | null }[] }>('/api/v1/tokens');
      return items.find(({ name }) => name === 'ci')?.usedAt;
    };
    const first = clock.now();
    expect(await used()).to.equal(first);
    clock.pass(30_000);
    expect(await used()).to.equal(first);
    clock.pass(30_000);
    expect(await used()).to.equal(first + MINUTE);
  });

  it('that nobody has is answered at length only so often, and a right one always', async () => {
    const { store } = house.engine.parts;
    const before = { key: 'token:127.0.0.1', failures: 498, until: 0, last_at: clock.now() };
    await store.write((tx) => tx.insertInto('signin_waits').values(before).execute());
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await by('gantry_wrong', '/api/v1/status')).status);
    expect(statuses).to.deep.equal([401, 401, 401, 429, 429]);
    expect((await house.ask('/api/v1/status')).status).to.equal(200);
    clock.pass(1_000);
    expect((await by('gantry_wrong', '/api/v1/status')).status).to.equal(401);
  });
});
