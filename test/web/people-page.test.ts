import { expect } from 'chai';
import { type House, makeHouse } from './support/house';
import { guestIn } from './support/people';
import { FakeRunner } from './support/runner';

describe('the page of people', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  afterEach(() => house.close());

  const page = async (token: string, path = '/people'): Promise<{ status: number; text: string }> => {
    const session = await house.engine.signin.byToken(token, { agent: 'a test', address: '127.0.0.1' });
    const answer = await house.ask(path, { as: 'nobody', headers: { cookie: `gantry_session=${session?.secret}` } });
    return { status: answer.status, text: (await answer.text()).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ') };
  };

  it('tells whoever is alone how somebody else comes in', async () => {
    const { text } = await page(house.token);
    expect(text).to.include('You are alone, and hold every role').and.to.include('gantry user add');
    expect(text).to.include('No team yet');
  });

  it('shows who holds what where, in which teams, and by what they are known', async () => {
    const { users, teams } = house.engine;
    await users.add({ name: 'ada', email: 'ada@example.com', role: 'developer', app: 'storefront' }, 'rule:test');
    await users.add({ name: 'ben' }, 'rule:test');
    await teams.add('sre', 'rule:test');
    await users.grant({ team: 'sre', role: 'operator' }, 'rule:test');
    await teams.join({ team: 'sre', user: 'ada' }, 'rule:test');
    await users.disable('ben', 'rule:test');
    const { text } = await page(house.token);
    expect(text).to.include('ada developer at storefront sre ada@example.com email');
    expect(text).to.include('ben disabled none of their own');
    expect(text).to.include('sre operator ada');
    expect(text).to.not.include('You are alone');
  });

  it('is there for admins and auditors of all apps, and nobody else has a link to it', async () => {
    const auditor = await guestIn(house, 'ann', 'auditor');
    const developer = await guestIn(house, 'dan', 'developer');
    expect((await page(auditor.token)).status).to.equal(200);
    expect((await page(auditor.token, '/')).text).to.include('People');
    const refused = await page(developer.token);
    expect(refused.status).to.equal(403);
    expect(refused.text).to.include('to read the audit for all apps takes one of the roles auditor, admin');
    expect((await page(developer.token, '/')).text).to.not.include('People');
  });

  it('is not needed to see that all apps are hidden from one', async () => {
    const nobody = await guestIn(house, 'ned');
    expect((await page(nobody.token, '/')).text)
      .to.include('none that you may see')
      .and.not.include('storefront');
  });

  it('is not the only one that depends on roles: buttons that would be refused are not shown', async () => {
    const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', pusher: 'owner' };
    await house.engine.deliveries.accept({ ...push, before: '0'.repeat(40), after: '1'.repeat(40) }, 'user:owner');
    await new FakeRunner(house.engine).succeedUntil('gray/approve');
    const shown = async (role: string) => {
      const { token } = await guestIn(house, `${role}-1`, role, 'storefront');
      const { text } = await page(token, '/apps/storefront/runs/1');
      return { decides: text.includes('Reject'), cancels: text.includes('Cancel this run') };
    };
    expect(await shown('viewer')).to.deep.equal({ decides: false, cancels: false });
    expect(await shown('developer')).to.deep.equal({ decides: false, cancels: true });
    expect(await shown('release-manager')).to.deep.equal({ decides: true, cancels: true });
  });
});
