import { expect } from 'chai';
import { type House, makeHouse } from '../web/support/house';
import { commandSession } from '../web/support/people';
import { Desk, type Ran } from './support/command-line';

describe('gantry user, role and team', () => {
  let house: House;
  let desk: Desk;
  /** A token, until somebody has signed in. */
  let key: string;
  beforeEach(async () => {
    house = await makeHouse();
    desk = new Desk();
    key = house.token;
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  afterEach(async () => {
    desk.clear();
    await house.close();
  });

  const run = (line: string): Promise<Ran> =>
    desk.run(line.split(' '), { environment: { GANTRY_URL: house.web.url, GANTRY_TOKEN: key } });
  const said = async (line: string): Promise<string> => {
    const { exit, stdout, stderr } = await run(line);
    expect([exit, stderr], line).to.deep.equal([0, '']);
    return stdout.trim();
  };

  it('let somebody in, and say what the second person changes', async () => {
    const first = await said('user add ada --email ada@example.com --role developer --app storefront');
    expect(first).to.match(new RegExp(`ada is let in.* until .*\n  ${house.web.url}/invitation/[\\w-]+\n`));
    expect(first).to.include('There are several people now:\n  - approvals need somebody else');
    expect(await said('user add ben')).to.not.include('several people');
    expect(await said('user list')).to.match(/^ada +developer at storefront +email:ada@example.com/m);
    expect(await said('status')).to.not.include('solo');
  });

  it('give and take roles, of people and of teams', async () => {
    await said('user add ada');
    expect(await said('role grant ada qa --app storefront')).to.equal('ada is qa at storefront');
    expect(await said('role grant ada qa --app storefront')).to.equal('ada is qa at storefront already');
    expect(await said('role revoke ada qa --app storefront')).to.equal('ada is no longer qa at storefront');
    expect(await said('role revoke ada qa')).to.equal('ada was not qa for all apps');
    expect(await said('team list')).to.equal('No teams yet. Make one: gantry team add NAME');
    await said('team add sre');
    expect(await said('team join sre ada')).to.equal('ada is in sre');
    expect(await said('team grant sre operator')).to.equal('team:sre is operator for all apps');
    expect(await said('team list')).to.match(/^sre +operator +ada$/m);
    expect(await said('team leave sre ada')).to.equal('ada is no longer in sre');
    expect(await said('team revoke sre operator')).to.equal('team:sre is no longer operator for all apps');
  });

  it('say who somebody is elsewhere', async () => {
    await said('user add ada');
    expect(await said('user link ada --github Ada-L')).to.equal('ada is ada-l (github)');
    expect(await said('user link ada --github ada-l')).to.equal('ada is ada-l (github) already');
    const refused = await run('user unlink ada --github ada-l');
    expect(refused).to.include({
      exit: 4,
      stderr:
        'gantry: with a token nobody is let in or out, or unlinked; ' +
        'sign in as yourself; without a password ask an admin: gantry user invite NAME\n',
    });
    key = await commandSession(house);
    expect(await said('user unlink ada --github ada-l')).to.equal('ada is no longer ada-l (github)');
    for (const words of ['', ' --github a --email a@b']) {
      const { exit, stderr } = await run(`user link ada${words}`);
      expect([exit, stderr]).to.deep.equal([
        2,
        'gantry: by what are they known?; name one: --email ADDRESS, --github LOGIN, --gitlab LOGIN …\n',
      ]);
    }
  });

  it('disable somebody, and never the last admin', async () => {
    await said('user add ada');
    key = await commandSession(house);
    expect(await said('user disable ada')).to.equal('ada is disabled');
    expect(await said('user disable ada')).to.equal('ada was already disabled');
    expect(await said('user list')).to.include('ada (disabled)');
    expect(await said('user enable ada')).to.equal('ada may come in again');
    const { exit, stderr } = await run('user disable owner');
    expect([exit, stderr]).to.deep.equal([
      1,
      'gantry: this is the last admin of all apps; ' +
        'first make somebody else, who has a way in, admin for all apps: gantry role grant USER admin\n',
    ]);
  });

  it('hand programs one document', async () => {
    const added = (await run('user add ada --role viewer --json')).json() as Record<string, unknown>;
    expect(added).to.have.all.keys('name', 'invitation', 'changes');
    const granted = (await run('role grant ada qa --json')).json();
    expect(granted).to.deep.equal({ holder: 'ada', role: 'qa', app: null, changed: true });
  });

  it('are refused with the status of what is not allowed', async () => {
    const { exit, stderr } = await run('role grant ada emperor');
    expect(exit).to.equal(1);
    expect(stderr).to.include('role');
    await said('user add ada --role developer');
    const { exit: own, stderr: why } = await run('role grant owner qa');
    expect([own, why]).to.deep.equal([4, 'gantry: nobody changes their own roles or identities; ask another admin\n']);
  });
});
