import { expect } from 'chai';
import { Secret, TOTP } from 'otpauth';
import type { Engine } from '../../../engine/engine';
import type { Store, Tx } from '../../../engine/store/store';
import { type House, makeHouse } from '../../support/house';
import { addPerson } from '../approvals/people';

/** Verbs that change the state of something, and write an entry in the same transaction. */
const AUDITED = [
  'apps.create',
  'apps.connect',
  'apps.newDeployKey',
  'apps.rotateSecret',
  'approvals.decide',
  'approvals.review',
  'approvals.withdraw',
  'deliveries.accept',
  'environments.change',
  'environments.ensure',
  'extras.change',
  'freezes.begin',
  'freezes.end',
  'holds.confirmRestore',
  'releases.create',
  'releases.seal',
  'releases.sealArtifact',
  'releases.withdraw',
  'requests.allow',
  'requests.close',
  'requests.settle',
  'runs.cancel',
  'runs.rollback',
  'runs.setGrayShare',
  'runs.undo',
  'sessions.end',
  'sessions.open',
  'signin.acceptInvitation',
  'signin.byPassword',
  'signin.changePassword',
  'signin.createToken',
  'signin.decideLogin',
  'signin.endSession',
  'signin.invite',
  'signin.proveSecondFactor',
  'signin.revokeToken',
  'teams.add',
  'teams.join',
  'teams.leave',
  'users.add',
  'users.disable',
  'users.enable',
  'users.first',
  'users.grant',
  'users.link',
  'users.revoke',
  'users.unlink',
] as const;

/** State that is compared: all of it, but for what only says when, how far, or how something is called. */
const STATE = {
  apps: ['id', 'name', 'path', 'repository_id'],
  users: ['id', 'name', 'disabled_at'],
  identities: ['kind', 'name', 'user_id'],
  passwords: ['user_id', 'hash'],
  recovery_codes: ['hash', 'used_at'],
  invitations: ['hash'],
  role_grants: ['holder', 'scope', 'role'],
  teams: ['id', 'name'],
  team_members: ['team_id', 'user_id'],
  tokens: ['hash', 'user_id', 'name'],
  app_sources: ['app_id', 'url', 'secret', 'earlier_secret', 'host_key', 'extras'],
  deploy_keys: ['app_id', 'public_key'],
  requests: ['app_id', 'number', 'state', 'head', 'allowed_head'],
  deliveries: ['id', 'outcome', 'reason', 'run_id'],
  runs: ['id', 'state', 'ends_as', 'reason', 'pipeline_hash'],
  steps: ['id', 'state', 'reason', 'output'],
  artifacts: ['digest'],
  releases: ['id', 'hash', 'state'],
  environments: ['id', 'host', 'slot', 'traffic', 'version'],
  approvals: ['id', 'state', 'round', 'consumed_by'],
  approval_votes: ['approval_id', 'user', 'vote'],
  freezes: ['id', 'ended_at'],
  glass_breaks: ['id', 'reviewed_by'],
  instance_sessions: ['id', 'state'],
} as const;

const FILES = {
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  test: {}
  gray: { share: 5%, approve: { role: release-manager } }
  production: { approve: { role: release-manager } }
`,
};

async function picture(tx: Tx): Promise<string> {
  const all: unknown[] = [];
  for (const [table, columns] of Object.entries(STATE)) {
    all.push(
      await tx
        .selectFrom(table as 'runs')
        .select(columns as never)
        .orderBy(columns[0] as never)
        .execute(),
    );
  }
  return JSON.stringify(all);
}

const countEntries = async (tx: Tx): Promise<number> =>
  Number(
    (
      await tx
        .selectFrom('audit')
        .select((e) => e.fn.countAll().as('n'))
        .executeTakeFirstOrThrow()
    ).n,
  );

/** Looks into each transaction, and notes those that change state without an entry. */
function watching(store: Store, silent: string[]): Store {
  return {
    ...store,
    write: (work) =>
      store.write(async (tx) => {
        const [before, entries] = [await picture(tx), await countEntries(tx)];
        const answer = await work(tx);
        if ((await picture(tx)) !== before && (await countEntries(tx)) === entries) silent.push(work.toString());
        return answer;
      }),
  };
}

/** Notes each verb that is called, by its path. */
function noting(engine: Engine, called: Set<string>): void {
  for (const [group, verbs] of Object.entries(engine)) {
    if (group === 'parts') continue;
    const record = verbs as Record<string, (...args: unknown[]) => unknown>;
    for (const [name, verb] of Object.entries(record)) {
      record[name] = (...args) => {
        called.add(`${group}.${name}`);
        return verb(...args);
      };
    }
  }
}

describe('every change of state', function () {
  this.timeout(60_000);
  let house: House;
  const silent: string[] = [];
  const called = new Set<string>();
  before(async () => {
    house = await makeHouse({ hasty: true, patienceMs: 30_000 });
    const { engine } = house;
    engine.parts.store = watching(engine.parts.store, silent);
    noting(engine, called);
    await live(house);
  });
  after(() => house.close());

  it('has an entry in its own transaction [L1]', () => {
    expect(silent).to.deep.equal([]);
  });

  it('was made in this story by every verb that says so', () => {
    expect(AUDITED.filter((verb) => !called.has(verb))).to.deep.equal([]);
  });

  it('leaves a chain that verifies, in which somebody stands behind each entry [L2] [L4]', async () => {
    expect((await house.engine.audit.verify({})).breaks).to.deep.equal([]);
    const entries = await house.engine.audit.list({ limit: 10_000 });
    expect(entries.length).to.be.greaterThan(100);
    expect(entries.filter(({ actor }) => !/^(user|runner|rule|forge|system):?.+/.test(actor))).to.deep.equal([]);
  });
});

/** Every verb of people, and what runners do because of it. */
async function live(house: House): Promise<void> {
  const { engine } = house;
  await engine.users.first('ada');
  await engine.apps.create('shop', 'user:ada');
  await engine.apps.connect({ app: 'shop', url: 'https://forge.example/ada/shop.git' }, 'user:ada');
  await engine.apps.rotateSecret({ app: 'shop', now: false }, 'user:ada');
  await engine.apps.newDeployKey('shop', 'user:ada');
  await engine.extras.change({ app: 'shop', change: { submodules: true } }, 'user:ada');
  await engine.extras.change({ app: 'shop', change: { submodules: false } }, 'user:ada');
  await house.through('shop', await house.push('shop', FILES));
  await request(house);
  const second = await house.push('shop', { version: '2' });
  await house.through('shop', second);
  const asked = { app: 'shop', run: second, before: 'seal' };
  const preview = await engine.runs.previewUndo(asked);
  const undone = await engine.runs.undo({ ...asked, previewHash: preview.hash, reason: '' }, 'user:ada');
  await house.settled('shop', undone.run);
  const stopped = await house.push('shop', { version: '3' });
  await house.settled('shop', stopped);
  await engine.approvals.decide({ app: 'shop', run: stopped, user: 'ada', vote: 'yes', reason: '' });
  await house.settled('shop', stopped);
  const { run } = await engine.runs.setGrayShare({ app: 'shop', share: 1_000 }, 'user:ada');
  await house.settled('shop', run);
  await lookInside(house);
  const ref = `registry.example/shop@sha256:${'0'.repeat(64)}`;
  const given = await engine.releases.create({ app: 'shop', given: { kind: 'image', ref } }, 'user:ada');
  await engine.runs.cancel({ app: 'shop', run: given.run, reason: 'a mistake' }, 'user:ada');
  await house.settled('shop', (await engine.runs.rollback({ app: 'shop', reason: 'bad' }, 'user:ada')).run);
  await changePeople(house);
  await signIn(house);
  await decideTogether(house);
  await engine.holds.begin('restore', { reason: 'restored', since: 1, forMs: null });
  await engine.holds.confirmRestore('user:ada', new Map());
}

async function changePeople({ engine: { users, teams } }: House): Promise<void> {
  const by = 'user:ada';
  await users.add({ name: 'ben' }, by);
  await users.link({ user: 'ben', kind: 'email', name: 'ben@example.com' }, by);
  await users.unlink({ user: 'ben', kind: 'email', name: 'ben@example.com' }, by);
  await users.grant({ user: 'ben', role: 'viewer', app: 'shop' }, by);
  await users.revoke({ user: 'ben', role: 'viewer', app: 'shop' }, by);
  await teams.add('sre', by);
  await teams.join({ team: 'sre', user: 'ben' }, by);
  await teams.leave({ team: 'sre', user: 'ben' }, by);
  await users.disable('ben', by);
  await users.enable('ben', by);
}

/** Somebody's whole way in, and what they make of it. */
async function signIn({ engine: { signin } }: House): Promise<void> {
  const here = { agent: 'test', address: '10.0.0.1' };
  const { secret } = await signin.invite('ben', 'user:ada');
  const begun = await signin.acceptInvitation({ secret, password: 'plum tractor violet' }, here);
  const ben = await signin.ofSession(begun.secret, 'browser');
  if (ben === undefined) throw new Error('the session did not begin');
  const { user } = ben.principal;
  await signin.changePassword(ben.principal, { current: 'plum tractor violet', password: 'violet plum tractor' }, here);
  const { secret: seed } = await signin.offerSecondFactor(user);
  const code = new TOTP({ secret: Secret.fromBase32(seed) }).generate();
  const codes = (await signin.proveSecondFactor(user, code, here, null)) ?? [];
  const half = await signin.byPassword({ name: 'ben', password: 'violet plum tractor' }, here);
  const found = await signin.ofSession(half?.secret ?? '', 'browser');
  if (found !== undefined) await signin.completeByCode(found, codes[0] ?? '', here);
  await signin.byPassword({ name: 'ben', password: 'wrong' }, here);
  await signin.createToken(user, { name: 'ci', may: ['read'] });
  await signin.revokeToken(user, 'ci');
  const asked = await signin.askForLogin(here);
  await signin.decideLogin({ user, by: 'session', secondFactorAt: null }, { code: asked.code, yes: true });
  await signin.takeLogin(asked.secret, here);
  for (const { id } of await signin.sessions(user.id, null)) await signin.endSession(user, id);
}

/** One of a fork, from its first hook to its last. */
async function request({ engine }: House): Promise<void> {
  const app = await engine.apps.find('shop');
  const ref = 'refs/pull/7/head';
  const hook = async (deliveryId: string) => {
    const named = { appId: app.id, forge: 'github', deliveryId, event: 'pull_request' };
    const { id } = await engine.hooks.receive({ ...named, move: { ref, after: '' }, ignored: '' });
    return { app, forge: 'github', ref, number: 7, hooks: [id] };
  };
  const head = (await engine.runs.find('shop', 1)).row.commit;
  await engine.requests.settle({ ...(await hook('opened')), head, origin: 'fork' });
  await engine.requests.allow({ app: 'shop', number: 7, head }, 'user:ada');
  await engine.requests.close(await hook('closed'));
}

/** Several people at one gate: a yes that is taken back while nothing may change, and an emergency with its review. */
async function decideTogether(house: House): Promise<void> {
  const { engine } = house;
  await addPerson(engine, 'grace', 'release-manager');
  await addPerson(engine, 'olga', 'operator');
  const run = await house.push('shop', { version: '4' });
  await house.settled('shop', run);
  await engine.freezes.begin({ app: 'shop', until: Date.now() + 60_000, reason: 'quarterly close' }, 'user:grace');
  const { approvals } = await engine.runs.show('shop', run);
  const yes = { app: 'shop', run, vote: 'yes', reason: 'payments fail', shown: approvals[0]?.boundHash ?? '' } as const;
  await engine.approvals.decide({ ...yes, user: 'grace' });
  await engine.approvals.withdraw({ app: 'shop', run, user: 'grace', reason: 'too early' });
  await engine.freezes.end({ app: 'shop' }, 'user:grace');
  await engine.approvals.decide({ ...yes, user: 'olga', breaksGlass: true });
  await house.settled('shop', run);
  const looked = { user: 'grace', verdict: 'right', note: 'it was needed' } as const;
  await engine.approvals.review({ app: 'shop', run, ...looked });
  await engine.runs.cancel({ app: 'shop', run, reason: 'done' }, 'user:grace');
  await house.settled('shop', run);
}

async function lookInside({ engine }: House): Promise<void> {
  const request = { command: ['true'], terminal: null };
  const wanted = { app: 'shop', kind: 'shell', request, production: true } as const;
  const session = await engine.sessions.open(wanted, 'user:ada');
  await session.channel.close();
  await engine.sessions.end(session.id, { exitCode: 0, reason: 'closed' }, 'runner:test');
}
