import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { ownPath } from '../../web/pages/login';
import { signIn } from './support/browser';
import { type House, makeHouse } from './support/house';

describe('signing in', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  afterEach(() => house.close());

  it('leads an unknown browser to the login page, and back to where it wanted to go', async () => {
    const away = await house.ask('/apps/storefront', { as: 'nobody' });
    expect(away.headers.get('location')).to.equal('/login?next=%2Fapps%2Fstorefront');
    const browser = await signIn(house, '/apps/storefront');
    expect(browser.answer.status).to.equal(303);
    expect(browser.answer.headers.get('location')).to.equal('/apps/storefront');
    expect((await browser.get('/apps/storefront')).status).to.equal(200);
  });

  it('gives a cookie that no script and no other site can use', async () => {
    const { answer } = await signIn(house);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie)
      .to.match(/httponly/i)
      .and.match(/samesite=strict/i)
      .and.match(/path=\//i);
    expect(cookie).to.not.include(house.token);
  });

  it('refuses a wrong token with the same page and no cookie', async () => {
    const browser = await signIn(house, '/', 'gantry_wrong');
    expect(browser.answer.status).to.equal(401);
    expect(browser.answer.headers.get('set-cookie')).to.equal(null);
    expect(await browser.answer.text()).to.include('Nobody has this token.');
  });

  it('survives a restart of web, and ends by signing out', async () => {
    const browser = await signIn(house);
    await house.restart();
    expect((await browser.get('/')).status).to.equal(200);
    const out = await browser.post('/logout', {});
    expect(out.status).to.equal(303);
    expect(out.headers.get('set-cookie')).to.match(/gantry_session=;/);
  });

  it('takes no cookie by HTTPS that another host of the domain may have set', async () => {
    const planted = (await signIn(house)).answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    await house.restart({ publicUrl: 'https://gantry.bank.example' });
    const refused = await house.ask('/', { as: 'nobody', headers: { cookie: planted } });
    expect(refused.headers.get('location')).to.equal('/login');
    const browser = await signIn(house);
    expect(browser.answer.headers.get('set-cookie')).to.match(/^__Host-gantry_session=.*; path=\/;.* secure/i);
    expect((await browser.get('/')).status).to.equal(200);
    const out = await browser.post('/logout', {});
    expect(out.headers.get('set-cookie')).to.match(/^__Host-gantry_session=;.* secure/i);
  });

  it('lets a session read the API, but change nothing through it', async () => {
    const browser = await signIn(house);
    expect((await browser.get('/api/v1/status')).status).to.equal(200);
    const forged = await browser.send('/api/v1/apps', { method: 'POST', body: '{"name":"ledger"}' });
    expect(forged.status).to.equal(401);
  });

  const FORGED: [string, Record<string, string>][] = [
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this host', { 'sec-fetch-site': 'same-site' }],
    ['another origin, by an old browser', { origin: 'http://evil.example' }],
    ['nowhere', {}],
  ];
  for (const [from, headers] of FORGED) {
    it(`refuses a form that comes from ${from}`, async () => {
      const browser = await signIn(house);
      const form = await browser.formToken();
      const answer = await browser.send('/apps/storefront/rollback', {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ form }).toString(),
      });
      expect(answer.status).to.equal(403);
    });
  }

  it('refuses a form without its token, or with that of another session', async () => {
    const browser = await signIn(house);
    for (const form of ['', 'x', 'A'.repeat(43)]) {
      expect((await browser.post('/apps/storefront/rollback', { form })).status).to.equal(403);
    }
    const accepted = await browser.post('/apps/storefront/rollback', {});
    expect(accepted.status, 'with its own token it comes through, to a refusal of the engine').to.equal(409);
  });

  it('refuses a login form of another site', async () => {
    const answer = await house.ask('/login', {
      as: 'nobody',
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' },
      body: `token=${house.token}`,
    });
    expect(answer.status).to.equal(403);
  });
});

describe('a token that begins as the secret of a session does', () => {
  const likeSession = Buffer.from('s_xx', 'base64url');
  let house: House;
  beforeEach(async () => {
    const bytes = (count: number) => {
      const made = randomBytes(count);
      if (count === 24) likeSession.copy(made);
      return made;
    };
    house = await makeHouse({ random: { bytes } });
  });
  afterEach(() => house.close());

  it('opens the API, and Git, like every other', async () => {
    expect(house.token).to.match(/^gantry_s_/);
    expect((await house.post('/api/v1/apps', { name: 'storefront' })).status).to.equal(201);
    const basic = Buffer.from(`me:${house.token}`).toString('base64');
    const git = await house.ask('/git/storefront.git/info/refs?service=git-upload-pack', {
      headers: { authorization: `Basic ${basic}` },
    });
    expect(git.status).to.equal(200);
  });
});

describe('the way back after signing in', () => {
  for (const [given, to] of [
    ['/apps/x?step=test%2Fdeliver', '/apps/x?step=test%2Fdeliver'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    [undefined, '/'],
  ] as const) {
    it(`from ${given} is ${to}`, () => expect(ownPath(given)).to.equal(to));
  }
});
