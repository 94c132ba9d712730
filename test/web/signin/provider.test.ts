import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { WebOptions } from '../../../web/parts';
import { type House, makeHouse } from '../support/house';
import { Person } from '../support/person';
import { CLIENT, TestProvider } from '../support/provider';

describe('signing in at an OpenID provider', function () {
  this.timeout(20_000);
  let moved = 0;
  const clock = { now: () => Date.now() + moved };
  let house: House;
  let provider: TestProvider;
  let folder: string;
  let warned: string[];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-oidc-'));
    writeFileSync(join(folder, 'secret'), `${CLIENT.secret}\n`);
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    moved = 0;
    warned = [];
    provider = await TestProvider.start(() => `${house.web.url}/login/provider/back`);
    const warn = (detail: object) => void warned.push(JSON.stringify(detail));
    house = await makeHouse({ clock, log: { info: () => {}, warn, error: () => {} } }, options());
  });
  afterEach(async () => {
    await house.close();
    await provider.stop();
  });

  const options = (): Partial<WebOptions> => ({
    outgoing: { allow: ['127.0.0.1'] },
    provider: {
      issuer: provider.issuer,
      clientId: CLIENT.id,
      secretFile: join(folder, 'secret'),
      name: 'Bank',
      factorAcr: [],
    },
  });
  const addAda = async (roles: string[] = ['viewer']) => {
    const ada = await Person.add(house, 'ada', clock, roles);
    await house.engine.users.link({ user: 'ada', kind: 'email', name: 'ada@example.org' }, 'user:owner');
    return ada;
  };
  const pathOf = (url: string) => url.slice(house.web.url.length);
  const walk = async (person: Person, next = '/me') => {
    const away = await person.get(`/login/provider?next=${encodeURIComponent(next)}`);
    return person.get(pathOf(await provider.walk(away.headers.get('location') ?? '')));
  };
  const refusals = async () =>
    (await house.engine.audit.list({ limit: 50 }))
      .filter(({ action }) => action === 'signin.refuse')
      .map(({ detail }) => (detail as { why: string }).why);

  it('lets in whom an admin has named by the verified address, and from then on by the name that they have there', async () => {
    const ada = await addAda();
    expect(await (await house.ask('/login', { as: 'nobody' })).text()).to.include('Sign in with Bank');
    const back = await walk(ada);
    expect(back.status).to.equal(200);
    expect(await back.text()).to.include('url=/me');
    expect((await ada.get('/me')).status).to.equal(200);
    provider.account = { sub: 'sub-1', email: 'somebody-else@example.org', email_verified: true };
    expect((await walk(new Person(house, 'ada', clock))).status, 'the address may change').to.equal(200);
    expect(await refusals()).to.deep.equal([]);
  });

  it('lets nobody in by an address alone that is not verified, that no admin has named, or that is taken', async () => {
    await addAda();
    provider.account = { sub: 'sub-1', email: 'ada@example.org', email_verified: false };
    expect((await walk(new Person(house, 'x', clock))).status).to.equal(403);
    provider.account = { sub: 'sub-1', email: 'eve@example.org', email_verified: true };
    expect((await walk(new Person(house, 'x', clock))).status).to.equal(403);
    provider.account = { sub: 'sub-1', email: 'ada@example.org', email_verified: true };
    expect((await walk(new Person(house, 'x', clock))).status).to.equal(200);
    provider.account = { sub: 'sub-2', email: 'ada@example.org', email_verified: true };
    const refused = await walk(new Person(house, 'x', clock));
    expect([refused.status, await refused.text()]).to.satisfy(
      ([status, text]: [number, string]) => status === 403 && text.includes('you are nobody yet'),
    );
    expect((await refusals()).length).to.be.at.least(3);
  });

  it('takes a second factor that was shown there, and asks for one here else', async () => {
    const ada = await addAda(['release-manager']);
    const back = await walk(ada);
    expect(await back.text()).to.include('url=/login/enrol');
    expect((await ada.get('/')).status).to.equal(303);
    provider.account = { sub: 'sub-1', email_verified: true, amr: ['pwd', 'otp'] };
    const again = new Person(house, 'ada', clock);
    expect(await (await walk(again)).text()).to.include('url=/me');
    expect((await again.get('/')).status).to.equal(200);
  });

  const factorTimes = async () =>
    (
      await house.engine.parts.store.read.selectFrom('signin_sessions').select(['stage', 'second_factor_at']).execute()
    ).map(({ stage, second_factor_at }) => [stage, second_factor_at]);

  it('takes a second factor that was shown there for as old as it is', async () => {
    const ada = await addAda(['release-manager']);
    const shownAt = Math.floor(Date.now() / 1000) - 600;
    provider.account = { sub: 'sub-1', email: 'ada@example.org', email_verified: true, amr: ['mfa'], shownAt };
    expect(await (await walk(ada)).text()).to.include('url=/me');
    expect(await factorTimes()).to.deep.equal([['open', shownAt * 1000]]);
  });

  it('lets in by a second factor of which the provider does not say when it was shown, but not as a fresh one', async () => {
    await addAda(['release-manager']);
    const named = { issuer: 'https://bank.example', subject: 'sub-1', email: 'ada@example.org', secondFactor: true };
    await house.engine.signin.byProvider({ ...named, shownAt: null }, { agent: 'test', address: '10.0.0.1' });
    expect(await factorTimes()).to.deep.equal([['open', null]]);
  });

  it('lets nobody set a first password in a browser in which no second factor was shown lately', async () => {
    const ada = await addAda();
    await walk(ada);
    const refused = await ada.submit('/me', '/me/password', { current: '', password: 'plum tractor violet' });
    expect(refused.headers.get('location')).to.equal('/confirm?next=%2Fme');
    expect(await house.engine.parts.store.read.selectFrom('passwords').selectAll().execute()).to.deep.equal([]);
  });

  it('ends with the address by which somebody was named', async () => {
    const ada = await addAda();
    await walk(ada);
    await house.engine.users.unlink({ user: 'ada', kind: 'email', name: 'ada@example.org' }, 'user:owner');
    expect((await ada.get('/me')).status).to.equal(303);
    const refused = await walk(new Person(house, 'ada', clock));
    expect(refused.status).to.equal(403);
    expect(await refused.text()).to.include('gantry user unlink');
  });

  it('counts no attempt while the provider does not answer', async () => {
    await provider.stop();
    await new Person(house, 'ada', clock).get('/login/provider');
    const rows = await house.engine.parts.store.read.selectFrom('signin_waits').select('failures').execute();
    expect(rows.map(({ failures }) => failures)).to.deep.equal([0]);
    provider = await TestProvider.start(() => '');
  });

  it('does not open a session for somebody who is disabled', async () => {
    await addAda();
    await walk(new Person(house, 'ada', clock));
    await house.engine.users.disable('ada', 'user:owner');
    expect((await walk(new Person(house, 'ada', clock))).status).to.equal(403);
  });

  it('is answered only where it was begun, once, and only with its own state', async () => {
    const ada = await addAda();
    const away = (await ada.get('/login/provider')).headers.get('location') ?? '';
    const back = pathOf(await provider.walk(away));
    const elsewhere = await new Person(house, 'eve', clock).get(back);
    expect(elsewhere.status, "another browser: somebody's own answer is not put upon another").to.equal(403);
    const forged = await ada.get(back.replace(/state=[^&]+/, 'state=forged'));
    expect(forged.status).to.equal(403);
    expect((await ada.get(back)).status, 'the attempt was used up').to.equal(403);
    expect(await refusals()).to.have.length(3);
    expect((await house.engine.parts.store.read.selectFrom('signin_sessions').selectAll().execute()).length).to.equal(
      0,
    );
  });

  it('refuses a foreign token, and one of another attempt', async () => {
    const ada = await addAda();
    const first = pathOf(await provider.walk((await ada.get('/login/provider')).headers.get('location') ?? ''));
    await ada.get('/login/provider');
    const answer = await ada.get(first);
    expect([answer.status, await answer.text()]).to.satisfy(
      ([status, text]: [number, string]) => status === 403 && text.includes('what came back from Bank is not taken'),
    );
  });

  it('is not taken up again after ten minutes', async () => {
    const ada = await addAda();
    const back = pathOf(await provider.walk((await ada.get('/login/provider')).headers.get('location') ?? ''));
    moved += 10 * 60_000;
    expect((await ada.get(back)).status).to.equal(403);
  });

  it('refuses what the provider said long ago', async () => {
    const ada = await addAda();
    provider.idTokenSeconds = -3_600;
    expect((await walk(ada)).status).to.equal(403);
    expect((await ada.get('/me')).status).to.equal(303);
    expect((await refusals())[0]).to.match(/exp/);
  });

  it('says in one sentence that the provider does not answer, and lets local accounts in', async () => {
    await provider.stop();
    const answer = await new Person(house, 'ada', clock).get('/login/provider');
    expect(answer.status).to.equal(503);
    expect(await answer.text()).to.include('Bank does not answer, so nobody can sign in by it now');
    expect(await refusals()).to.deep.equal(['Bank does not answer, so nobody can sign in by it now']);
    expect(warned.join(), 'the log says why').to.include('127.0.0.1');
    expect((await house.ask('/login', { as: 'nobody' })).status).to.equal(200);
    provider = await TestProvider.start(() => '');
  });

  it('is not there without the setting', async () => {
    const plain = await makeHouse();
    try {
      expect((await plain.ask('/login/provider', { as: 'nobody' })).status).to.equal(404);
      expect((await plain.ask('/login/provider/back', { as: 'nobody' })).status).to.equal(404);
    } finally {
      await plain.close();
    }
  });
});
