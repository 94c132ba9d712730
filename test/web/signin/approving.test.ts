import { expect } from 'chai';
import { Desk } from '../../cli/support/command-line';
import { signIn } from '../support/browser';
import { type House, makeHouse } from '../support/house';
import { Person } from '../support/person';

const MINUTE = 60_000;

describe('who approves', function () {
  this.timeout(20_000);
  let moved = 0;
  const clock = { now: () => Date.now() + moved };
  let house: House;
  let desk: Desk;
  beforeEach(async () => {
    moved = 0;
    house = await makeHouse({ clock });
    desk = new Desk();
    await house.post('/api/v1/apps', { name: 'storefront' });
    const delivery = { app: 'storefront', source: 'test', ref: 'refs/heads/main', pusher: 'ada' };
    await house.engine.deliveries.accept({ ...delivery, before: '0'.repeat(40), after: 'a'.repeat(40) }, 'user:ada');
  });
  afterEach(async () => {
    desk.clear();
    await house.close();
  });

  /** Nothing waits at the run: whoever gets as far as that was let through as a person. */
  const PASSED = 'nothing-waits';
  const approve = async (bearer = house.token) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    const path = '/api/v1/apps/storefront/runs/1/approve';
    const answer = await house.ask(path, { as: 'nobody', method: 'POST', headers, body: '{}' });
    return ((await answer.json()) as { error: { code: string } }).error.code;
  };
  async function commandLineOf(person: Pick<Person, 'submit'>): Promise<string> {
    const ask = async (path: string, body: object) =>
      (await (await house.ask(path, { as: 'nobody', method: 'POST', body: JSON.stringify(body) })).json()) as {
        secret: string;
        code: string;
        session: { secret: string };
      };
    const { secret, code } = await ask('/api/v1/login', {});
    await person.submit(`/login/command?code=${code}`, '/login/command', { code, answer: 'yes' });
    return (await ask('/api/v1/login/take', { secret })).session.secret;
  }

  it('is whoever holds the token, as long as there is nobody else', async () => {
    expect(await approve()).to.equal(PASSED);
  });

  it('is never a token once there is somebody else, nor a browser in which one was pasted [S27]', async () => {
    await Person.add(house, 'rita', clock, ['release-manager']);
    expect(await approve()).to.equal('person-needed');
    const pasted = await signIn(house);
    const decided = await pasted.post('/apps/storefront/runs/1/decide', { vote: 'yes' });
    expect([decided.status, await decided.text()]).to.satisfy(
      ([status, text]: [number, string]) => status === 403 && text.includes('a token cannot approve'),
    );
    const { token } = await house.engine.signin.createToken(
      (await house.engine.signin.ofToken(house.token))!.principal.user,
      {
        name: 'ci',
        may: ['read', 'run'],
      },
    );
    expect(await approve(token)).to.equal('not-permitted');
  });

  it('is no command line that was let in with a token, while there was nobody else [S27]', async () => {
    const owner = await signIn(house);
    const submit = (_page: string, path: string, fields: Record<string, string> = {}) => owner.post(path, fields);
    const secret = await commandLineOf({ submit });
    expect(await approve(secret)).to.equal(PASSED);
    await Person.add(house, 'rita', clock, ['release-manager']);
    expect(await approve(secret)).to.equal('person-needed');
  });

  it('is a person by command line who has shown the second factor within 5 minutes [S25]', async () => {
    const rita = await Person.add(house, 'rita', clock, ['release-manager']);
    await rita.accept((await house.engine.signin.invite('rita', 'user:owner')).secret);
    const secret = await commandLineOf(rita);
    expect(await approve(secret)).to.equal(PASSED);
    moved += 5 * MINUTE + 1;
    expect(await approve(secret)).to.equal('second-factor-needed');
    const headers = { authorization: `Bearer ${secret}` };
    const confirm = (code: string) =>
      house.ask('/api/v1/sessions/confirm', { as: 'nobody', method: 'POST', headers, body: JSON.stringify({ code }) });
    expect((await confirm('000000')).status).to.equal(403);
    expect(await approve(secret)).to.equal('second-factor-needed');
    expect((await confirm(rita.code())).status).to.equal(200);
    expect(await approve(secret)).to.equal(PASSED);
  });

  it('is asked for the code in a terminal, and answered then and there', async () => {
    const rita = await Person.add(house, 'rita', clock, ['release-manager']);
    await rita.accept((await house.engine.signin.invite('rita', 'user:owner')).secret);
    const secret = await commandLineOf(rita);
    moved += 6 * MINUTE;
    const environment = { GANTRY_URL: house.web.url, GANTRY_TOKEN: secret };
    const words = ['login', '--confirm'];
    const { exit } = await desk.run(words, { environment, person: true, input: `${rita.code()}\n` });
    expect(exit).to.equal(0);
    expect(await approve(secret)).to.equal(PASSED);
  });

  it('shows the second factor once more in the browser, and is brought back to the page', async () => {
    const rita = await Person.add(house, 'rita', clock, ['release-manager']);
    await rita.accept((await house.engine.signin.invite('rita', 'user:owner')).secret);
    moved += 16 * MINUTE;
    const page = '/apps/storefront/runs/1';
    const sent = await rita.submit(page, `${page}/decide`, { vote: 'yes' });
    expect([sent.status, sent.headers.get('location')]).to.deep.equal([
      303,
      `/confirm?next=${encodeURIComponent(page)}`,
    ]);
    const confirmed = await rita.submit(`/confirm?next=${page}`, '/confirm', { code: rita.code(), next: page });
    expect([confirmed.status, confirmed.headers.get('location')]).to.deep.equal([303, page]);
    const decided = await rita.submit(page, `${page}/decide`, { vote: 'yes' });
    expect(decided.status).to.equal(409);
  });

  it('sets up a second factor first, where there is none yet', async () => {
    const vera = await Person.add(house, 'vera', clock, ['viewer']);
    await vera.accept((await house.engine.signin.invite('vera', 'user:owner')).secret);
    await house.engine.users.grant({ user: 'vera', role: 'qa' }, 'user:owner');
    expect(await approve(await commandLineOf(vera))).to.equal('second-factor-needed');
    const sent = await vera.get('/confirm?next=/');
    expect(sent.headers.get('location')).to.equal('/me/second-factor');
    expect((await vera.enrol('/me/second-factor')).status).to.equal(200);
    expect(vera.recoveryCodes).to.have.length(10);
    expect(await approve(await commandLineOf(vera))).to.equal(PASSED);
  });
});
