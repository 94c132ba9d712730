import { expect } from 'chai';
import { Secret, TOTP } from 'otpauth';
import { type House, makeHouse } from '../support/house';
import { HandClock, PASSWORD, Person } from '../support/person';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('a local account', () => {
  const clock = new HandClock();
  let house: House;
  let vera: Person;
  let invitation: string;
  beforeEach(async () => {
    house = await makeHouse({ clock });
    vera = await Person.add(house, 'vera', clock, ['viewer']);
    invitation = (await house.engine.signin.invite('vera', 'user:owner')).secret;
  });
  afterEach(() => house.close());

  const actions = async () =>
    (await house.engine.audit.list({ limit: 50 })).map(({ action, object }) => `${action} ${object}`);

  it('begins with an invitation, and is signed in to with name and password', async () => {
    const accepted = await vera.accept(invitation);
    expect([accepted.status, accepted.headers.get('location')]).to.deep.equal([303, '/']);
    expect((await vera.get('/')).status).to.equal(200);
    const again = await vera.password(PASSWORD, '/me');
    expect([again.status, again.headers.get('location')]).to.deep.equal([303, '/me']);
    expect(await (await vera.get('/me')).text()).to.include('vera');
  });

  it('is opened once by its invitation; looking at it does not use it up', async () => {
    expect(await (await vera.get(`/invitation/${invitation}`)).text()).to.include('Welcome, vera');
    await vera.accept(invitation);
    const second = await new Person(house, 'vera', clock).accept(invitation, 'another violet tractor');
    expect(second.status).to.equal(404);
    expect(await second.text()).to.include('this invitation was used');
    expect((await vera.password()).status, 'the password is the first one').to.equal(303);
  });

  it('is not opened by an invitation after a day, nor by one that another has replaced', async () => {
    const newer = (await house.engine.signin.invite('vera', 'user:owner')).secret;
    expect((await vera.get(`/invitation/${invitation}`)).status).to.equal(404);
    clock.pass(24 * HOUR);
    expect((await vera.accept(newer)).status).to.equal(404);
  });

  const WEAK = [
    'short',
    'password1234',
    'P4ssw0rd!2026',
    'aaaaaaaaaaaaaaaa',
    'abcdefghijklm',
    'qwertyuiop123',
    'vera-vera-2026!',
  ];
  for (const password of WEAK) {
    it(`takes no password like ${password}, and says why`, async () => {
      const answer = await vera.accept(invitation, password);
      expect(answer.status).to.equal(400);
      expect(await answer.text()).to.match(/this password is not taken: it .+/);
      expect((await vera.accept(invitation)).status, 'the invitation still opens').to.equal(303);
    });
  }

  it('gives one answer to a wrong password, an unknown name, and somebody without a password [S34] [S34]', async () => {
    await vera.accept(invitation);
    await Person.add(house, 'nora', clock);
    const texts = await Promise.all(
      [
        ['vera', 'wrong password!'],
        ['nobody', PASSWORD],
        ['nora', PASSWORD],
      ].map(async ([name = '', password]) => {
        const answer = await new Person(house, name, clock).password(password);
        expect([answer.status, answer.headers.get('set-cookie')]).to.deep.equal([401, null]);
        return answer.text();
      }),
    );
    expect(new Set(texts).size).to.equal(1);
    expect(texts[0]).to.include('Nobody has this name and this password.');
    expect((await actions()).filter((entry) => entry.startsWith('signin.refuse'))).to.have.members([
      'signin.refuse vera',
      'signin.refuse unknown',
      'signin.refuse nora',
    ]);
  });

  it('answers an unknown name as slowly as a wrong password [S34]', async () => {
    await vera.accept(invitation);
    const times: Record<string, number[]> = { vera: [], nobody: [] };
    for (let i = 0; i < 14; i++) {
      const name = i % 2 === 0 ? 'vera' : 'nobody';
      const began = performance.now();
      expect((await new Person(house, name, clock).password('wrong password!')).status).to.equal(401);
      times[name]?.push(performance.now() - began);
      clock.pass(HOUR);
    }
    const [known = 0, unknown = 0] = Object.values(times).map((all) => all.sort((a, b) => a - b)[3] ?? 0);
    expect(unknown / known)
      .to.be.greaterThan(0.5)
      .and.lessThan(2);
  });

  it('ends every session when its password is changed, but the one that changed it', async () => {
    await vera.accept(invitation);
    const elsewhere = new Person(house, 'vera', clock);
    await elsewhere.password();
    const changed = await vera.submit('/me', '/me/password', { current: PASSWORD, password: 'a new long sentence' });
    expect([changed.status, changed.headers.get('location')]).to.deep.equal([303, '/me']);
    expect((await vera.get('/me')).status).to.equal(200);
    expect((await elsewhere.get('/me')).status).to.equal(303);
    expect((await elsewhere.password()).status, 'the old one').to.equal(401);
  });

  it('keeps its password from whoever does not know it', async () => {
    await vera.accept(invitation);
    const refused = await vera.submit('/me', '/me/password', {
      current: 'not this one!',
      password: 'a new long sentence',
    });
    expect(refused.status).to.equal(403);
    expect((await new Person(house, 'vera', clock).password()).status).to.equal(303);
  });

  it('takes back what a command line has still to fetch, when its person is disabled', async () => {
    const here = { agent: 'test', address: '10.0.0.1' };
    await vera.accept(invitation);
    const { signin, parts, users } = house.engine;
    const asked = await signin.askForLogin(here);
    const user = await signin.byPassword({ name: 'vera', password: PASSWORD }, here);
    const found = await signin.ofSession(user?.secret ?? '', 'browser');
    if (found === undefined) throw new Error('no session');
    await signin.decideLogin(found.principal, { code: asked.code, yes: true });
    await users.disable('vera', 'user:owner');
    await users.enable('vera', 'user:owner');
    expect(await parts.store.read.selectFrom('login_requests').selectAll().execute()).to.deep.equal([]);
  });

  it('lets nobody in while it is disabled, and ends what was open', async () => {
    await vera.accept(invitation);
    await house.engine.users.disable('vera', 'user:owner');
    expect((await vera.get('/me')).status).to.equal(303);
    expect((await new Person(house, 'vera', clock).password()).status).to.equal(401);
    await house.engine.users.enable('vera', 'user:owner');
    expect((await vera.get('/me')).status, 'what was open stays closed').to.equal(303);
  });
});

describe('a second factor', () => {
  const clock = new HandClock();
  let house: House;
  let rita: Person;
  beforeEach(async () => {
    house = await makeHouse({ clock });
    rita = await Person.add(house, 'rita', clock, ['release-manager']);
    await rita.accept((await house.engine.signin.invite('rita', 'user:owner')).secret);
    clock.pass(MINUTE);
  });
  afterEach(() => house.close());

  it('is set up before anything else by whoever may approve, and is asked for from then on', async () => {
    expect(rita.recoveryCodes).to.have.length(10);
    expect((await rita.get('/')).status).to.equal(200);
    const first = await rita.password(PASSWORD, '/me');
    expect(first.headers.get('location')).to.equal('/login/code?next=%2Fme');
    expect((await rita.get('/')).status, 'the password alone opens nothing').to.equal(303);
    expect((await rita.get('/api/v1/status')).status).to.equal(401);
    const enrolling = await rita.get('/login/enrol');
    expect(enrolling.headers.get('location'), 'nor another authenticator app').to.equal('/login');
    expect((await rita.showCode()).status).to.equal(303);
    expect((await rita.get('/')).status).to.equal(200);
  });

  it('is another session after it than before: what was seen before opens nothing [S35] [S35]', async () => {
    await rita.password();
    const before = (
      await house.engine.parts.store.read
        .selectFrom('signin_sessions')
        .select('hash')
        .where('stage', '=', 'code')
        .execute()
    )[0];
    await rita.showCode();
    const after = await house.engine.parts.store.read.selectFrom('signin_sessions').select('hash').execute();
    expect(after.map(({ hash }) => hash)).to.not.include(before?.hash);
  });

  it('takes no code twice, none of another time, and none of somebody else', async () => {
    const used = rita.code();
    await rita.password();
    expect((await rita.showCode(used)).status).to.equal(303);
    await rita.password();
    expect((await rita.showCode(used)).status, 'twice').to.equal(401);
    clock.pass(-10 * MINUTE);
    const old = rita.code();
    clock.pass(10 * MINUTE);
    expect((await rita.showCode(old)).status, 'ten minutes old').to.equal(401);
    expect((await rita.showCode('000000')).status).to.equal(401);
    clock.pass(MINUTE);
    expect((await rita.showCode()).status, 'the right one').to.equal(303);
  });

  it('is replaced by each recovery code once', async () => {
    const [code = ''] = rita.recoveryCodes;
    await rita.password();
    expect((await rita.showCode(code)).status).to.equal(303);
    await rita.password();
    expect((await rita.showCode(code)).status).to.equal(401);
  });

  it('is not asked of the seed: that is sealed', async () => {
    const row = await house.engine.parts.store.read.selectFrom('second_factors').selectAll().executeTakeFirstOrThrow();
    expect(row.seed).to.not.include(rita.seed);
  });

  it('cannot be guessed: after some wrong codes each one has to wait longer [S34] [S34]', async () => {
    await rita.password();
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++) statuses.push((await rita.showCode('000000')).status);
    expect(statuses).to.deep.equal([401, 401, 401, 401, 401, 401, 429, 429]);
    expect((await rita.showCode()).status, 'the right one, too').to.equal(429);
    clock.pass(MINUTE);
    expect((await rita.showCode()).status).to.equal(303);
  });

  it('that was only offered is offered anew after another password', async () => {
    const vera = await Person.add(house, 'vera', clock, ['qa']);
    const first = await house.engine.signin.invite('vera', 'user:owner');
    await vera.send(`/invitation/${first.secret}`, { password: PASSWORD, again: PASSWORD });
    const seen = /<code>([A-Z2-7 ]+)<\/code>/.exec(await (await vera.get('/login/enrol')).text())?.[1];
    const again = await house.engine.signin.invite('vera', 'user:owner');
    await vera.accept(again.secret);
    expect(seen?.replaceAll(' ', '')).to.have.length(32);
    expect(vera.seed).to.not.equal(seen?.replaceAll(' ', ''));
  });

  it('completes a half session once', async () => {
    const here = { agent: 'test', address: '10.0.0.1' };
    const { signin } = house.engine;
    const half = await signin.byPassword({ name: 'rita', password: PASSWORD }, here);
    const found = await signin.ofSession(half?.secret ?? '', 'browser');
    if (found === undefined) throw new Error('no half session');
    const [one = '', two = ''] = rita.recoveryCodes;
    expect(await signin.completeByCode(found, one, here)).to.not.equal(undefined);
    const second = await signin.completeByCode(found, two, here).catch((error: unknown) => error);
    expect(second).to.have.property('code', 'sign-in-over');
  });

  it('is not set up by whose half session ended meanwhile: its recovery codes were never seen', async () => {
    const here = { agent: 'test', address: '10.0.0.1' };
    const { signin, parts } = house.engine;
    await house.engine.users.add({ name: 'sven', role: 'release-manager' }, 'user:owner');
    const { secret } = await signin.invite('sven', 'user:owner');
    const begun = await signin.acceptInvitation({ secret, password: PASSWORD }, here);
    const half = await signin.ofSession(begun.secret, 'browser');
    if (half === undefined) throw new Error('no half session');
    const { secret: seed } = await signin.offerSecondFactor(half.principal.user);
    const code = new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: clock.now() });
    await parts.store.write((tx) => tx.deleteFrom('signin_sessions').where('hash', '=', half.session.hash).execute());
    const over = await signin.completeByEnrolling(half, code, here).catch((error: unknown) => error);
    expect(over).to.have.property('code', 'sign-in-over');
    expect((await signin.account(half.principal.user.id)).hasSecondFactor).to.equal(false);
    const again = await signin.byPassword({ name: 'sven', password: PASSWORD }, here);
    const next = await signin.ofSession(again?.secret ?? '', 'browser');
    if (next === undefined) throw new Error('no half session');
    expect((await signin.completeByEnrolling(next, code, here))?.recoveryCodes).to.have.length(10);
  });

  it('is begun anew by an invitation that says so, and by no other', async () => {
    const again = await house.engine.signin.invite('rita', 'user:owner');
    const kept = await new Person(house, 'rita', clock).send(`/invitation/${again.secret}`, {
      password: PASSWORD,
      again: PASSWORD,
    });
    expect(kept.headers.get('location')).to.match(/^\/login\/code/);
    const anew = await house.engine.signin.invite('rita', 'user:owner', { newSecondFactor: true });
    const old = await new Person(house, 'rita', clock).password();
    expect(old.status, 'whoever knows the old password cannot set it up').to.equal(401);
    expect((await rita.get('/')).status, 'what was open is closed').to.equal(303);
    await rita.accept(anew.secret);
    expect(rita.recoveryCodes).to.have.length(10);
  });
});

describe('attempts at a password', () => {
  const clock = new HandClock();
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ clock }, { trustedProxies: ['127.0.0.1'] });
    await Person.add(house, 'vera', clock, ['viewer']);
    await house.engine.signin.acceptInvitation(
      { secret: (await house.engine.signin.invite('vera', 'user:owner')).secret, password: PASSWORD },
      { agent: 'test', address: '10.0.0.1' },
    );
  });
  afterEach(() => house.close());

  const guess = (address: string, name = 'vera', password = 'wrong password!') =>
    house.ask('/login', {
      as: 'nobody',
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        'x-forwarded-for': address,
      },
      body: new URLSearchParams({ name, password }).toString(),
    });
  const guesses = async (count: number, address: string, name?: string) => {
    const statuses: number[] = [];
    for (let i = 0; i < count; i++) statuses.push((await guess(address, name)).status);
    return statuses;
  };

  it('have to wait longer and longer, and are told how long [S34]', async () => {
    expect(await guesses(6, '10.9.9.9')).to.deep.equal([401, 401, 401, 401, 401, 401]);
    const refused = await guess('10.9.9.9', 'vera', PASSWORD);
    expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([429, '1']);
    clock.pass(1_000);
    await guess('10.9.9.9');
    expect((await guess('10.9.9.9')).headers.get('retry-after')).to.equal('2');
    clock.pass(2_000);
    expect((await guess('10.9.9.9', 'vera', PASSWORD)).status).to.equal(303);
    expect((await guess('10.9.9.9')).status, 'forgotten by a right one').to.equal(401);
  });

  it('are counted for all web processes, and over a restart', async () => {
    await guesses(6, '10.9.9.9');
    await house.restart();
    expect((await guess('10.9.9.9')).status).to.equal(429);
  });

  it('of a thousand at the same moment let no more through than one after another [S34] [S34]', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 40 }, () => guess('10.9.9.9').then(({ status }) => status)),
    );
    expect(statuses.filter((status) => status === 401)).to.have.length(6);
  });

  it('over many names from one address come to an end, too', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 25; i++) statuses.push((await guess('10.9.9.9', `name-${i}`)).status);
    expect(statuses.filter((status) => status === 401)).to.have.length(21);
    expect((await guess('10.8.8.8', 'name-1')).status, 'from elsewhere').to.equal(401);
  });

  it('of others never keep a person out for long, and not at all where they signed in before', async () => {
    for (let i = 0; i < 40; i++) {
      await guess(`10.7.0.${i}`);
      clock.pass(31_000);
      await guess(`10.7.1.${i}`);
    }
    await guess('10.7.2.1');
    const elsewhere = await guess('10.6.6.6', 'vera', PASSWORD);
    expect(elsewhere.status).to.equal(429);
    expect(Number(elsewhere.headers.get('retry-after'))).to.be.at.most(30);
    clock.pass(30_000);
    expect((await guess('10.6.6.6', 'vera', PASSWORD)).status).to.equal(303);
    await guess('10.7.2.2');
    await guess('10.7.2.3');
    expect((await guess('10.6.6.6', 'vera', PASSWORD)).status, 'a known address').to.equal(303);
  });

  it('are told once in the audit for each time that they come in numbers', async () => {
    for (let i = 0; i < 12; i++) {
      await guess('10.9.9.9');
      clock.pass(15 * MINUTE);
    }
    const told = (await house.engine.audit.list({ limit: 100 })).filter(({ action }) => action === 'signin.slowed');
    expect(told.map(({ object }) => object)).to.have.members(['an account, from 10.9.9.9', 'an account']);
  });

  it('keep few rows, however many names and addresses come', async () => {
    const { store } = house.engine.parts;
    const rows = Array.from({ length: 10_000 }, (_, i) => ({
      key: `address:x${i}`,
      failures: 1,
      until: 0,
      last_at: clock.now() - i,
    }));
    await store.write(async (tx) => {
      for (let i = 0; i < rows.length; i += 1_000)
        await tx
          .insertInto('signin_waits')
          .values(rows.slice(i, i + 1_000))
          .execute();
    });
    await guess('10.9.9.9');
    const { n } = await store.read
      .selectFrom('signin_waits')
      .select((e) => e.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    expect(Number(n)).to.be.below(9_010);
  });
});
