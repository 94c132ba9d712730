import { expect } from 'chai';
import { type GantryError, messageOf } from '../../../engine/model/errors';
import type { GrayRule } from '../../../engine/ports/gateway';
import { sessionOf } from '../../../engine/rollout/visitor';
import { endLeaving } from '../../../runners/control/end-leaving';
import { type House, makeHouse } from '../../support/house';

const pipeline = (gray = '', serve = '') => `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 2s }
${serve}stages:
  gray:
    share: 0.01%
${gray}  production:
    approve: { role: release-manager }
    keepWarm: 30m
`;
const WAYS = `    rules:
      - { header: X-Team, startsWith: qa }
      - { usersFile: conf/qa.txt }
      - { users: [dora] }
    identity: { header: X-User, trustedFrom: [10.0.0.0/8] }
`;
const files = (text: string, more: Record<string, string> = {}) => ({
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': text,
  ...more,
});

describe('gray', () => {
  let house: House;
  let now = 1_700_000_000_000;
  beforeEach(async () => {
    now = 1_700_000_000_000;
    house = await makeHouse({ hasty: true, parts: { clock: { now: () => now++ } } });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const users = { 'conf/qa.txt': '# the team\nalice\n\nbob\n' };
  const released = async (text: string) => {
    const { row } = await house.through('shop', await house.push('shop', files(text, users)));
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
  };
  /** A second release stands in gray and waits for the people of production. */
  const standsInGray = async (text: string) => {
    await released(text);
    const number = await house.push('shop', files(text, { ...users, version: '2' }));
    const { row } = await house.settled('shop', number);
    expect([row.state, row.reason]).to.deep.equal(['waiting', '']);
    return number;
  };
  const production = async () => {
    const found = (await house.engine.environments.list()).find(({ role }) => role === 'production');
    if (found === undefined) throw new Error('there is no production');
    return found;
  };
  const meets = async (headers: Record<string, string>, address = '10.1.1.1') => {
    const { traffic, host } = await production();
    const lane = house.world.gateway.meet(host, { headers: Object.entries(headers), address })?.lane;
    return (['gray', 'stable', 'warm'] as const).find((role) => lane != null && traffic[role] === lane) ?? null;
  };
  const set = async (wanted: Omit<Parameters<House['engine']['runs']['setGrayShare']>[0], 'app'>) => {
    const { run } = await house.engine.runs.setGrayShare({ app: 'shop', ...wanted }, 'user:grace');
    expect((await house.through('shop', run)).row.state).to.equal('succeeded');
  };
  const refusalOf = (work: Promise<unknown>) =>
    work.then(
      () => 'nothing',
      (error: GantryError) => error.code,
    );

  it('lets in whom gantry.yml names: by header, by a file of users, by name', async () => {
    await standsInGray(pipeline(WAYS));
    expect((await production()).traffic.share).to.equal(1);
    expect(await meets({ 'x-team': 'qa-7' })).to.equal('gray');
    expect(await meets({ 'x-team': 'it', cookie: 'gantry_id=visitor-0001' })).to.equal('stable');
    for (const user of ['alice', 'bob', 'dora']) expect(await meets({ 'x-user': user })).to.equal('gray');
    expect(await meets({ 'x-user': 'eve' })).to.equal('stable');
    expect(await meets({ 'x-user': 'alice' }, '192.0.2.1')).to.equal(null);
    const shown = await house.engine.gray.show('shop');
    expect(shown.rules.map(({ text }) => text)).to.deep.equal(['header X-Team = qa…', '2 users', 'one user']);
  });

  it('names its users by their content, so that what was sealed is who is let in', async () => {
    await standsInGray(pipeline(WAYS));
    const app = await house.engine.apps.find('shop');
    const [second, first] = await house.engine.releases.list(app);
    const listOf = (rules: readonly GrayRule[] = []) => rules.filter((rule) => 'list' in rule);
    expect(listOf(second?.record.stages.gray?.gray?.rules)).to.have.length(2);
    expect(second?.record.stages.gray?.gray).to.deep.equal(first?.record.stages.gray?.gray);
  });

  it('fails before anything is delivered when the file of users cannot be read as one', async () => {
    const number = await house.push('shop', files(pipeline(WAYS), { 'conf/qa.txt': `alice\n${'x'.repeat(200)}\n` }));
    const { row } = await house.settled('shop', number);
    expect(row.state).to.equal('failed');
    expect(row.reason).to.contain('conf/qa.txt: line 2 is longer than 128 bytes');
  });

  it('is changed by hand: rules are added, users become one list, and all is begun anew', async () => {
    await standsInGray(pipeline(WAYS));
    const beta = { kind: 'cookie', name: 'beta', match: 'equals', value: '1' } as const;
    await set({ share: 2_500, rules: { add: [beta, beta], users: ['eve'] } });
    expect(await meets({ cookie: 'beta=1' })).to.equal('gray');
    for (const user of ['alice', 'dora', 'eve']) expect(await meets({ 'x-user': user })).to.equal('gray');
    const shown = await house.engine.gray.show('shop');
    expect(shown).to.deep.include({ share: 2_500, by: 'user:grace', identity: 'X-User' });
    expect(shown.since).to.be.within(1_700_000_000_000, now);
    expect(shown.rules.map(({ text }) => text)).to.deep.equal(['header X-Team = qa…', 'cookie beta = 1', '4 users']);
    await set({ share: 0, rules: { clear: true } });
    expect((await house.engine.gray.show('shop')).rules).to.deep.equal([]);
    expect(await meets({ 'x-team': 'qa', 'x-user': 'alice' })).to.equal('stable');
  });

  it('keeps its rules when only the share is set, and its last word when nothing changes', async () => {
    await standsInGray(pipeline(WAYS));
    await set({ share: 500 });
    const { since } = await house.engine.gray.show('shop');
    await set({ share: 500 });
    const shown = await house.engine.gray.show('shop');
    expect(shown.rules).to.have.length(3);
    expect(shown.since).to.equal(since);
  });

  it('refuses users while nobody says who a visitor is, and more rules than fit', async () => {
    await standsInGray(pipeline());
    const ask = (rules: object) =>
      refusalOf(house.engine.runs.setGrayShare({ app: 'shop', share: 1, rules }, 'user:grace'));
    expect(await ask({ users: ['ada'] })).to.equal('no-identity');
    const add = Array.from({ length: 21 }, (_, index) => ({
      kind: 'header' as const,
      name: 'X-Team',
      match: 'equals' as const,
      value: `team-${index}`,
    }));
    expect(await ask({ add })).to.equal('rules-count');
    expect(await ask({ add: add.slice(0, 20) })).to.equal('nothing');
  });

  it('is not raised beyond its plan by who took part in it, and lowered by everybody', async () => {
    await standsInGray(pipeline());
    for (const name of ['ada', 'grace']) {
      await house.engine.users.add({ name, email: `${name}@example.org`, role: 'release-manager' }, 'rule:test');
    }
    const by = (name: string, share: number) =>
      house.engine.runs
        .setGrayShare({ app: 'shop', share }, `user:${name}`)
        .then(({ run }) => house.through('shop', run));
    expect(await refusalOf(by('ada', 10_000))).to.equal('gray-own');
    const refusals = (await house.engine.audit.list({ chain: 'shop', limit: 50 })).filter(
      ({ action }) => action === 'approval.refuse',
    );
    expect(refusals).to.have.length(1);
    expect(refusals[0]).to.deep.include({ actor: 'user:ada', object: 'shop' });
    expect(refusals[0]?.detail).to.deep.include({ asked: 'gray.widen', code: 'gray-own' });
    expect(await house.engine.gray.isBeyondPlan('shop', { share: 10_000 })).to.equal(true);
    await by('grace', 5_000);
    expect(await house.engine.gray.isBeyondPlan('shop', { share: 100 })).to.equal(false);
    await by('ada', 0);
    expect((await production()).traffic.share).to.equal(0);
  });

  it('is given no rule and no user beyond its plan by who took part in it, and those of the plan by everybody', async () => {
    await standsInGray(pipeline(WAYS));
    for (const name of ['ada', 'grace']) {
      await house.engine.users.add({ name, email: `${name}@example.org`, role: 'release-manager' }, 'rule:test');
    }
    const by = (name: string, rules: Parameters<typeof set>[0]['rules']) =>
      house.engine.runs
        .setGrayShare({ app: 'shop', share: 0, ...(rules && { rules }) }, `user:${name}`)
        .then(({ run }) => house.through('shop', run));
    const everybody = { kind: 'header', name: 'Accept', match: 'startsWith', value: '' } as const;
    const planned = { kind: 'header', name: 'x-team', match: 'startsWith', value: 'qa' } as const;
    expect(await refusalOf(by('ada', { add: [everybody] }))).to.equal('gray-own');
    expect(await refusalOf(by('ada', { users: ['alice', 'eve'] }))).to.equal('gray-own');
    expect(await house.engine.gray.isBeyondPlan('shop', { share: 0, rules: { add: [everybody] } })).to.equal(true);
    await by('ada', { clear: true });
    expect(await meets({ 'x-team': 'qa' })).to.equal('stable');
    await by('ada', { add: [planned], users: ['alice', 'dora'] });
    expect([await meets({ 'x-team': 'qa' }), await meets({ 'x-user': 'dora' })]).to.deep.equal(['gray', 'gray']);
    await by('grace', { users: ['eve'] });
    expect(await meets({ 'x-user': 'eve' })).to.equal('gray');
    await by('ada', { users: ['eve'] });
  });

  it('is lowered in a freeze, and not raised', async () => {
    await standsInGray(pipeline());
    await set({ share: 2_000 });
    await house.engine.freezes.begin({ app: 'shop', until: Date.now() + 3_600_000, reason: 'holidays' }, 'user:ada');
    await set({ share: 0 });
    const { run } = await house.engine.runs.setGrayShare({ app: 'shop', share: 100 }, 'user:grace');
    expect((await house.engine.runs.why('shop', run)).sentences[0]).to.contain('a freeze: holidays');
  });

  it('is judged as it stands when its turn comes: what would have lowered it and now raises it is held', async () => {
    await standsInGray(pipeline());
    await set({ share: 2_000 });
    await house.engine.freezes.begin({ app: 'shop', until: Date.now() + 3_600_000, reason: 'holidays' }, 'user:ada');
    const first = await house.engine.runs.setGrayShare({ app: 'shop', share: 500 }, 'user:grace');
    const { run } = await house.engine.runs.setGrayShare({ app: 'shop', share: 1_000 }, 'user:grace');
    await house.settled('shop', first.run);
    expect((await production()).traffic.share).to.equal(500);
    expect((await house.engine.runs.why('shop', run)).sentences[0]).to.contain('a freeze: holidays');
  });

  it('measures the share that visitors really met', async () => {
    await standsInGray(pipeline());
    const { id, traffic } = await production();
    const sample = { environmentId: id, requests: 190, errors: 0, times: [] };
    const release = (lane: 'a' | 'b' | 'c' | null) => traffic.lanes[lane ?? 'a'] as never;
    const rows = [
      { ...sample, role: 'stable' as const, releaseId: release(traffic.stable) },
      { ...sample, role: 'gray' as const, releaseId: release(traffic.gray), requests: 10 },
    ];
    await house.engine.traffic.record(rows, 2_000);
    expect((await house.engine.gray.show('shop')).measured).to.deep.equal({ requests: 200, share: 500 });
    now += 60_000;
    expect((await house.engine.gray.show('shop')).measured).to.deep.equal({ requests: 0, share: null });
  });

  it('is explained: by rule, by name, by bucket, and for whom nobody knows yet', async () => {
    await standsInGray(pipeline(WAYS));
    await set({ share: 5_000 });
    const explain = (visitor: object) => house.engine.gray.explain('shop', visitor);
    expect(await explain({ headers: [['X-Team', 'qa']] })).to.deep.include({
      role: 'gray',
      why: { kind: 'rule', rule: 1 },
      sentences: ['rule 1 lets it in: header X-Team = qa…'],
    });
    expect((await explain({ user: 'bob' })).sentences).to.deep.equal([
      'the login proxy says that it is bob',
      'rule 2 lets it in: 2 users',
    ]);
    const spoofed = await explain({ headers: [['X-User', 'bob']], address: '192.0.2.1' });
    expect(spoofed.login).to.deep.equal({ kind: 'refused', why: 'address' });
    expect(spoofed.release).to.equal(null);
    for (const cookie of ['visitor-0001', 'visitor-0002', 'visitor-0003']) {
      const told = await explain({ cookies: [cookie] });
      expect(await meets({ cookie: `gantry_id=${cookie}` })).to.equal(told.role);
      expect(told.sentences.join()).to.match(/^its cookie falls into bucket \d+ of 10,000, and the share is 50%/);
    }
    expect(await refusalOf(explain({ address: 'nowhere' }))).to.equal('not-an-address');
  });

  it('leaves the word about logins to the release that serves, also after promotion and on the way back', async () => {
    const identity = async () => (await house.world.gateway.readRoute((await production()).host))?.identity;
    await released(pipeline(WAYS));
    expect(await identity()).to.include({ header: 'X-User' });
    await released(pipeline(WAYS.replace(/ *- \{ users.*\n/g, '').replace(/ *identity.*\n/, '')));
    expect(await identity()).to.equal(null);
    const back = await house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    await house.through('shop', back.run);
    expect(await identity()).to.include({ header: 'X-User' });
  });

  it('is known to the gateway again after that has lost everything', async () => {
    await standsInGray(pipeline(WAYS));
    await house.world.gateway.remove();
    await house.world.gateway.converge(() => house.engine.environments.desiredSlots('local'));
    expect(await meets({ 'x-user': 'alice' })).to.equal('gray');
    expect(await house.world.gateway.converge(() => house.engine.environments.desiredSlots('local'))).to.deep.equal([]);
  });

  describe('of a sticky app', () => {
    const STICKY = '  sticky: true\n  drain: 5m\n  instances: 2\n';
    const visitorOf = async (lane: 'a' | 'b' | 'c' | null) => {
      const { id } = await production();
      const [instance] = await house.engine.instances.list({ environmentId: id, ...(lane === null ? {} : { lane }) });
      return { cookie: `gantry_session=${sessionOf(instance?.name ?? '')}` };
    };

    it('lets sessions of the old release go on until its time is over, and new visitors meet the new one', async () => {
      const number = await standsInGray(pipeline('', STICKY));
      const visitor = await visitorOf((await production()).traffic.stable);
      await house.through('shop', number);
      expect(await meets(visitor)).to.equal('warm');
      expect(await meets({})).to.equal('stable');
      const told = await house.engine.gray.explain('shop', { cookies: [visitor.cookie] });
      expect(told).to.deep.include({ role: 'warm' });
      expect(told.sentences.join()).to.contain('until its time is over');
      await endLeaving(house.engine, house.world);
      expect(await meets(visitor)).to.equal('warm');
      now += 5 * 60_000;
      await endLeaving(house.engine, house.world);
      expect(await meets(visitor)).to.equal('stable');
      const { slot, traffic } = await production();
      expect(house.world.gateway.closed).to.deep.equal([`s${slot}_${traffic.warm}`]);
      expect(traffic.leaving).to.equal(null);
    });

    it('keeps nobody at a release that is taken back', async () => {
      await house.through('shop', await standsInGray(pipeline('', STICKY)));
      const visitor = await visitorOf((await production()).traffic.stable);
      const back = await house.engine.runs.rollback({ app: 'shop', reason: 'bad' }, 'user:grace');
      await house.through('shop', back.run);
      expect(await meets(visitor)).to.equal('stable');
      expect((await production()).traffic.leaving).to.include({ sessions: false });
    });

    it('is given its time also when its instances are drained to be removed', async () => {
      const { gateway } = house.world;
      const remove = gateway.removeServers.bind(gateway);
      const drains: number[] = [];
      gateway.removeServers = (slot, lane, names, drainMs) => {
        drains.push(drainMs);
        return remove(slot, lane, names, drainMs);
      };
      for (let release = 0; release < 3; release++) await released(pipeline('', STICKY));
      expect(drains).to.deep.equal([5 * 60_000]);
    });

    it('does what is left when it was cut off between two acts', async () => {
      await house.through('shop', await standsInGray(pipeline('', STICKY)));
      now += 5 * 60_000;
      const { gateway } = house.world;
      const close = gateway.closeSessions.bind(gateway);
      gateway.closeSessions = () => Promise.reject(new Error('the gateway was killed'));
      expect(await endLeaving(house.engine, house.world).catch(messageOf)).to.equal('the gateway was killed');
      expect((await production()).traffic.leaving).to.include({ sessions: false });
      gateway.closeSessions = close;
      await endLeaving(house.engine, house.world);
      expect(gateway.closed).to.have.length(1);
      expect((await production()).traffic.leaving).to.equal(null);
    });
  });
});
