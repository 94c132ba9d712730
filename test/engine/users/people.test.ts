import { expect } from 'chai';
import type { Engine } from '../../../engine/engine';
import { GantryError } from '../../../engine/model/errors';
import type { UserId } from '../../../engine/model/ids';
import { peopleOf } from '../../../engine/users/identities';
import { ROLES, rolesOf, solo } from '../../../engine/users/roles';
import { makeEngine, type TestEngine } from '../../support/engine';
import { tokenFor } from '../../web/support/people';

const OWNER = 'user:owner';

async function refused(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof GantryError) return error.code;
    throw error;
  }
  return 'not refused';
}

describe('people', () => {
  let test: TestEngine;
  let engine: Engine;
  beforeEach(async () => {
    test = await makeEngine();
    engine = test.engine;
    await engine.users.first('owner');
    for (const app of ['storefront', 'ledger']) await engine.apps.create(app, OWNER);
  });
  afterEach(() => test.close());

  const add = (name: string, role?: string, app?: string) => engine.users.add({ name, role, app }, OWNER);
  const idOf = async (name: string): Promise<UserId> => {
    const { read } = engine.parts.store;
    return (await read.selectFrom('users').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;
  };
  /** What they hold, in the order of `ROLES`. */
  const held = async (name: string, app?: string): Promise<string[]> => {
    const at = app === undefined ? null : (await engine.apps.find(app)).id;
    return engine.users.roles(await idOf(name), at);
  };
  const entries = async (chain: string): Promise<string[]> =>
    (await engine.audit.list({ chain, limit: 200 })).map(({ action, object }) => `${action} ${object}`).reverse();

  it('begin with one who holds every role, and is alone', async () => {
    expect(await held('owner')).to.deep.equal([...ROLES]);
    expect(await solo(engine.parts.store.read)).to.equal(true);
  });

  it('are alone no more when there is a second one, for good', async () => {
    expect((await add('ada', 'developer')).endedSolo).to.equal(true);
    expect((await add('ben')).endedSolo).to.equal(false);
    for (const name of ['ada', 'ben']) await engine.users.disable(name, OWNER);
    expect(await solo(engine.parts.store.read)).to.equal(false);
  });

  it('hold their own roles and those of their teams, where they were given', async () => {
    await add('ada', 'developer', 'storefront');
    await engine.teams.add('sre', OWNER);
    await engine.teams.join({ team: 'sre', user: 'ada' }, OWNER);
    await engine.users.grant({ team: 'sre', role: 'operator', app: 'ledger' }, OWNER);
    await engine.users.grant({ team: 'sre', role: 'viewer' }, OWNER);
    expect(await held('ada')).to.deep.equal(['viewer']);
    expect(await held('ada', 'storefront')).to.deep.equal(['viewer', 'developer']);
    expect(await held('ada', 'ledger')).to.deep.equal(['viewer', 'operator']);
    await engine.teams.leave({ team: 'sre', user: 'ada' }, OWNER);
    expect(await held('ada', 'ledger')).to.deep.equal([]);
    await engine.users.revoke({ user: 'ada', role: 'developer', app: 'storefront' }, OWNER);
    expect(await held('ada', 'storefront')).to.deep.equal([]);
  });

  it('hold nothing, and are nobody, while they are disabled', async () => {
    const token = await tokenFor(engine, await add('ada', 'developer'));
    expect((await engine.signin.ofToken(token))?.principal.user.name).to.equal('ada');
    await engine.users.disable('ada', OWNER);
    expect(await held('ada')).to.deep.equal([]);
    expect(await engine.signin.ofToken(token)).to.equal(undefined);
    await engine.users.enable('ada', OWNER);
    expect(await held('ada')).to.deep.equal(['developer']);
    expect((await engine.signin.ofToken(token))?.principal.user.name).to.equal('ada');
  });

  it('are invited by what opens once', async () => {
    const { invitation } = await add('ada');
    expect((await engine.signin.invitation(invitation.secret)).name).to.equal('ada');
  });

  it('are known by addresses and accounts elsewhere, in whatever letters, one person each', async () => {
    await engine.users.add({ name: 'ada', email: 'Ada@Example.COM' }, OWNER);
    await add('ben');
    await engine.users.link({ user: 'ada', kind: 'github', name: 'Ada-L' }, OWNER);
    const identities = [
      { kind: 'email', name: 'ada@example.com' },
      { kind: 'github', name: 'ADA-L' },
      { kind: 'gitlab', name: 'ada-l' },
    ];
    expect(await peopleOf(engine.parts.store.read, identities)).to.deep.equal([await idOf('ada')]);
    expect(await peopleOf(engine.parts.store.read, [])).to.deep.equal([]);
    expect(await refused(engine.users.link({ user: 'ben', kind: 'github', name: 'ada-l' }, OWNER))).to.equal(
      'identity-taken',
    );
    await engine.users.unlink({ user: 'ada', kind: 'email', name: 'ada@example.com' }, OWNER);
    expect(await refused(engine.users.unlink({ user: 'ada', kind: 'email', name: 'ada@example.com' }, OWNER))).to.equal(
      'identity-unknown',
    );
    expect((await engine.users.link({ user: 'ben', kind: 'email', name: 'ada@example.com' }, OWNER)).changed).to.equal(
      true,
    );
  });

  for (const [kind, name] of [
    ['email', 'no address'],
    ['email', 'a@b@c'],
    ['github', 'two words'],
    ['carrier-pigeon', 'ada'],
    ['email', `${'a'.repeat(300)}@x`],
  ] as const) {
    it(`are not known by "${name.slice(0, 20)}" (${kind})`, async () => {
      await add('ada');
      expect(await refused(engine.users.link({ user: 'ada', kind, name }, OWNER))).to.equal('identity');
    });
  }

  it('always have an admin of all apps who is let in', async () => {
    const { id: user_id } = await add('ada', 'admin');
    await engine.teams.add('admins', OWNER);
    expect(await refused(engine.users.revoke({ user: 'owner', role: 'admin' }, OWNER)), 'ada has no way in').to.equal(
      'last-admin',
    );
    const password = { user_id, hash: 'x', set_at: 0 };
    await engine.parts.store.write((tx) => tx.insertInto('passwords').values(password).execute());
    await engine.users.revoke({ user: 'owner', role: 'admin' }, OWNER);
    expect(await refused(engine.users.disable('ada', OWNER))).to.equal('last-admin');
    expect(await refused(engine.users.revoke({ user: 'ada', role: 'admin' }, OWNER))).to.equal('last-admin');
    await engine.users.grant({ team: 'admins', role: 'admin' }, 'user:ada');
    await engine.teams.join({ team: 'admins', user: 'owner' }, 'user:ada');
    await engine.users.revoke({ user: 'ada', role: 'admin' }, 'user:ada');
    expect(await refused(engine.teams.leave({ team: 'admins', user: 'owner' }, 'user:ada'))).to.equal('last-admin');
    expect(await refused(engine.users.revoke({ team: 'admins', role: 'admin' }, OWNER))).to.equal('last-admin');
    expect(await held('owner')).to.include('admin');
    // Whoever is admin of one app only does not count.
    await engine.users.grant({ user: 'ada', role: 'admin', app: 'ledger' }, OWNER);
    expect(await refused(engine.users.disable('owner', 'user:ada'))).to.equal('last-admin');
  });

  it('do not change what they themselves may, nor who they are elsewhere [S27]', async () => {
    await add('ada', 'admin');
    const mine = 'user:ada';
    await engine.users.link({ user: 'ada', kind: 'email', name: 'ada@example.com' }, OWNER);
    await engine.teams.add('deciders', OWNER);
    await engine.users.grant({ team: 'deciders', role: 'release-manager' }, mine);
    const attempts = [
      engine.users.grant({ user: 'ada', role: 'release-manager' }, mine),
      engine.users.grant({ user: 'ada', role: 'qa', app: 'ledger' }, mine),
      engine.teams.join({ team: 'deciders', user: 'ada' }, mine),
      engine.users.unlink({ user: 'ada', kind: 'email', name: 'ada@example.com' }, mine),
    ];
    expect(await Promise.all(attempts.map(refused))).to.deep.equal(attempts.map(() => 'own-role'));
    await engine.teams.join({ team: 'deciders', user: 'ada' }, OWNER);
    expect(await refused(engine.users.grant({ team: 'deciders', role: 'operator' }, mine))).to.equal('own-role');
    await engine.users.disable('ada', OWNER);
    expect(await refused(engine.users.enable('ada', mine))).to.equal('own-role');
  });

  it('may do to themselves what they like while they are alone', async () => {
    await engine.users.revoke({ user: 'owner', role: 'qa' }, OWNER);
    expect((await engine.users.grant({ user: 'owner', role: 'qa' }, OWNER)).changed).to.equal(true);
  });

  it('are in the audit with each change, at an app in its own chain', async () => {
    const { length } = await entries('system');
    await engine.users.add({ name: 'ada', email: 'ada@example.com', role: 'developer', app: 'ledger' }, OWNER);
    await engine.users.grant({ user: 'ada', role: 'qa' }, OWNER);
    await engine.users.grant({ user: 'ada', role: 'qa' }, OWNER); // it was so before
    await engine.users.revoke({ user: 'ada', role: 'developer', app: 'ledger' }, OWNER);
    await engine.teams.add('sre', OWNER);
    await engine.teams.join({ team: 'sre', user: 'ada' }, OWNER);
    await engine.teams.leave({ team: 'sre', user: 'ada' }, OWNER);
    await engine.users.unlink({ user: 'ada', kind: 'email', name: 'ada@example.com' }, OWNER);
    await engine.users.disable('ada', OWNER);
    await engine.users.disable('ada', OWNER); // it was so before
    await engine.users.enable('ada', OWNER);
    expect((await entries('system')).slice(length)).to.deep.equal([
      'user.add ada',
      'user.link ada',
      'user.invite ada',
      'role.grant ada',
      'team.add sre',
      'team.join sre',
      'team.leave sre',
      'user.unlink ada',
      'user.disable ada',
      'user.enable ada',
    ]);
    expect((await entries('ledger')).slice(-2)).to.deep.equal(['role.grant ada', 'role.revoke ada']);
    expect((await engine.audit.verify({})).ok).to.equal(true);
  });

  it('leave nothing behind when one of the wishes cannot be met', async () => {
    const before = await entries('system');
    expect(await refused(add('ada', 'developer', 'nothere'))).to.equal('app-unknown');
    expect(await refused(add('ada', 'emperor'))).to.equal('role-unknown');
    expect(await refused(add('ada', undefined, 'ledger'))).to.equal('role-missing');
    expect(await refused(add('Ada'))).to.equal('user-name');
    expect(await refused(add('owner'))).to.equal('user-taken');
    expect(await entries('system')).to.deep.equal(before);
    expect(await solo(engine.parts.store.read)).to.equal(true);
    expect((await engine.users.list()).map(({ name }) => name)).to.deep.equal(['owner']);
  });

  it('are refused by name when there is no such user, team or role', async () => {
    const wishes = [
      [() => engine.users.grant({ user: 'nobody', role: 'qa' }, OWNER), 'user-unknown'],
      [() => engine.users.grant({ team: 'nobody', role: 'qa' }, OWNER), 'team-unknown'],
      [() => engine.users.grant({ user: 'owner', team: 'x', role: 'qa' }, OWNER), 'holder'],
      [() => engine.users.grant({ role: 'qa' }, OWNER), 'holder'],
      [() => engine.users.disable('nobody', OWNER), 'user-unknown'],
      [() => engine.teams.join({ team: 'nobody', user: 'owner' }, OWNER), 'team-unknown'],
      [() => engine.teams.add('no team', OWNER), 'team-name'],
    ] as const;
    for (const [wish, code] of wishes) expect(await refused(wish())).to.equal(code);
  });

  it('are listed with all that they hold', async () => {
    await engine.users.add({ name: 'ada', email: 'ada@example.com', role: 'qa', app: 'ledger' }, OWNER);
    await engine.users.grant({ user: 'ada', role: 'viewer' }, OWNER);
    await engine.teams.add('sre', OWNER);
    await engine.users.grant({ team: 'sre', role: 'operator' }, OWNER);
    await engine.teams.join({ team: 'sre', user: 'ada' }, OWNER);
    const { createdAt: _made, ...ada } = (await engine.users.list())[0] ?? { createdAt: 0 };
    expect(ada).to.deep.equal({
      name: 'ada',
      enabled: true,
      roles: [
        { role: 'viewer', app: null },
        { role: 'qa', app: 'ledger' },
      ],
      teams: ['sre'],
      identities: [{ kind: 'email', name: 'ada@example.com' }],
    });
    const { createdAt: _since, ...sre } = (await engine.teams.list())[0] ?? { createdAt: 0 };
    expect(sre).to.deep.equal({ name: 'sre', roles: [{ role: 'operator', app: null }], members: ['ada'] });
  });

  it('hold no role at an app by knowing its name: scopes are ids', async () => {
    await add('ada', 'viewer', 'ledger');
    const at = (await engine.apps.find('storefront')).id;
    expect((await rolesOf(engine.parts.store.read, await idOf('ada'), at)).size).to.equal(0);
  });
});
