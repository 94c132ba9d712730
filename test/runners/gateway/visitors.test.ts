import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { expect } from 'chai';
import fc from 'fast-check';
import type { GrayRule, Lane, Route } from '../../../engine/ports/gateway';
import type { VisitorRequest } from '../../../engine/rollout/request';
import { sessionOf, whoMeets } from '../../../engine/rollout/visitor';
import type { HaproxyGateway } from '../../../runners/gateway/haproxy-gateway';
import { requireDocker } from '../../support/skips';
import { aRoute } from './contract';
import { HaproxyHarness } from './haproxy-harness';

const SECRET = 'open sesame';
const LIST = { id: '00000000000000cc', names: ['ada', 'bob@bank.example', 'zoë'] };
const INSTANCES: Record<string, Lane> = { one: 'a', two: 'b', three: 'c' };

const value = fc.constantFrom('qa', 'qa-7', 'q', 'beta', '1');
const rule: fc.Arbitrary<GrayRule> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('header' as const, 'cookie' as const),
    name: fc.constantFrom('X-Team', 'x-beta', 'gray'),
    match: fc.constantFrom('equals' as const, 'startsWith' as const),
    value,
  }),
  fc.constant<GrayRule>({ kind: 'users', list: LIST.id }),
);

/** Blocks around an address: those that hold it, one that just does not, and others. */
const blocks = (address: string) => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const around = [
    `${a}.0.0.0/8`,
    `${a}.${b}.${c}.${d}/31`,
    `${a}.${b}.${c}.${d & 252}/30`,
    address,
    `${a}.${b ^ 1}.0.0/16`,
  ];
  return fc.array(fc.constantFrom(...around, '192.0.2.0/24', 'fd00::/8', '0.0.0.0/0'), { maxLength: 2 });
};

const identity = (address: string) =>
  fc.record({
    header: fc.constantFrom('X-User', 'x-login'),
    trustedFrom: blocks(address),
    proof: fc.constantFrom(null, { header: 'X-Proof', sha256: createHash('sha256').update(SECRET).digest('hex') }),
  });

const route = (address: string) =>
  fc.record({
    share: fc.constantFrom(0, 1, 500, 5_000, 9_999, 10_000),
    salt: fc.constantFrom('', 'salt', 'another one'),
    key: fc.constantFrom('', 'the-key'),
    rules: fc.array(rule, { maxLength: 4 }),
    identity: fc.option(identity(address), { nil: null }),
    holds: fc.boolean(),
    sticky: fc.boolean(),
  });

const pair = fc.oneof(
  fc.tuple(fc.constantFrom('gray', 'x-beta', 'other'), fc.oneof(value, fc.constant('"qa, qa"'))),
  fc.tuple(fc.constant('gantry_id'), fc.constantFrom('abcdef12-3456', 'visitor-number-9', 'short')),
  fc.tuple(fc.constant('gantry_session'), fc.constantFrom('forged', ...Object.keys(INSTANCES).map(sessionOf))),
);
const cookie = fc
  .array(pair, { minLength: 1, maxLength: 4 })
  .chain((pairs) =>
    fc.constantFrom('; ', ';', ', ', ' ; ').map((mark) => pairs.map(([name, text]) => `${name}=${text}`).join(mark)),
  );
const user = fc.constantFrom('ada', 'bob@bank.example', 'zoë', 'eve', ' ada ', 'x'.repeat(129));
const headers = fc.record(
  {
    'x-team': fc.array(value, { minLength: 1, maxLength: 2 }),
    'X-Beta': fc.array(value, { minLength: 1, maxLength: 1 }),
    'x-gray': fc.array(fc.constantFrom('the-key', 'another'), { minLength: 1, maxLength: 1 }),
    'x-user': fc.array(user, { minLength: 1, maxLength: 2 }),
    'X-Login': fc.array(user, { minLength: 1, maxLength: 1 }),
    'x-proof': fc.array(fc.constantFrom(SECRET, 'wrong'), { minLength: 1, maxLength: 1 }),
    cookie: cookie.map((text) => [text]),
  },
  { requiredKeys: [] },
);

describe('who meets gray', function () {
  this.timeout(60_000);
  let harness: HaproxyHarness;
  let gateway: HaproxyGateway;

  before(async function () {
    requireDocker(this);
    harness = new HaproxyHarness();
    await harness.open();
    gateway = harness.gateway();
    await gateway.start();
    for (const [name, lane] of Object.entries(INSTANCES)) {
      await gateway.addServers(1, lane, [await harness.instance(name)]);
    }
    await gateway.keepUsers(LIST);
  });
  after(() => harness?.close());

  /** Bytes beyond ASCII travel as they are; Node writes one byte for each of these characters. */
  const sent = (lists: Record<string, string[]>) =>
    Object.fromEntries(
      Object.entries(lists).map(([name, texts]) => [name, texts.map((text) => Buffer.from(text).toString('latin1'))]),
    );
  const facts = {
    isListed: (list: string, name: string) => list === LIST.id && LIST.names.includes(name),
    laneOfSession: (session: string) => Object.entries(INSTANCES).find(([name]) => sessionOf(name) === session)?.[1],
  };

  it('is decided by HAProxy as the engine explains it', async () => {
    const address = await harness.visitorAddress();
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const reasons = new Map<string, number>();
    let version = 0;
    const follows = async (change: Partial<Route>, visitors: Record<string, string[]>[]) => {
      version += 1;
      const followed = aRoute('visitors.test', 1, version, { gray: 'b', warm: 'c', ...change });
      await gateway.route(followed);
      await Promise.all(
        visitors.map(async (lists) => {
          const request: VisitorRequest = {
            headers: Object.entries(lists).flatMap(([name, texts]) =>
              texts.map((text): [string, string] => [name, text]),
            ),
            address,
          };
          const met = whoMeets(followed, request, facts);
          reasons.set(met.why.kind, (reasons.get(met.why.kind) ?? 0) + 1);
          if (met.lane === null) return;
          const { body } = await harness.request('visitors.test', '/', sent(lists), agent);
          expect(INSTANCES[body], JSON.stringify({ followed, lists, met })).to.equal(met.lane);
        }),
      );
    };
    const many = fc.array(headers, { minLength: 20, maxLength: 20 });
    await fc.assert(fc.asyncProperty(route(address), many, follows), { numRuns: 40 });
    agent.destroy();
    for (const kind of ['session', 'key', 'rule', 'share', 'new']) expect(reasons.get(kind), kind).to.be.greaterThan(0);
  });

  it('depends on the same bucket for a user on every device, whatever cookies they carry', async () => {
    const trusted = { header: 'X-User', trustedFrom: [await harness.visitorAddress()], proof: null };
    const users = Array.from({ length: 60 }, (_, index) => `user-${index}`);
    const meet = async (name: string, device: string) => {
      const answer = await harness.request('login.test', '/', { 'x-user': name, cookie: `gantry_id=${device}` });
      expect(answer.headers['set-cookie']).to.equal(undefined);
      return answer.body;
    };
    let before = new Set<string>();
    for (const [version, share] of [2_000, 6_000].entries()) {
      await gateway.route(aRoute('login.test', 1, version + 1, { gray: 'b', share, identity: trusted }));
      const phone = await Promise.all(users.map((name) => meet(name, 'the-phone-1')));
      expect(await Promise.all(users.map((name) => meet(name, 'the-laptop-2')))).to.deep.equal(phone);
      const gray = new Set(users.filter((_, index) => phone[index] === 'two'));
      expect([...before].every((name) => gray.has(name))).to.equal(true);
      expect(gray.size).to.be.greaterThan(before.size);
      before = gray;
    }
  });

  it('keeps a login header from the app that no login proxy has sent, and the proof in any case', async () => {
    const seen = async (change: Partial<Route>, sends: Record<string, string>) => {
      version += 1;
      await gateway.route(aRoute('strip.test', 1, version, change));
      const { body } = await harness.request('strip.test', '/headers', sends);
      return JSON.parse(body) as Record<string, string>;
    };
    let version = 0;
    const proof = { header: 'X-Proof', sha256: createHash('sha256').update(SECRET).digest('hex') };
    const login = { header: 'X-User', trustedFrom: [], proof };
    const forged = await seen({ identity: login }, { 'x-user': 'ada', 'x-proof': 'guessed', 'x-other': '1' });
    expect(forged).to.include({ 'x-other': '1' }).and.not.have.any.keys('x-user', 'x-proof');
    const alike = await seen(
      { identity: login },
      { x_user: 'ada', 'x-user': 'bob', X_Users: 'all', 'x-proof': SECRET },
    );
    expect(alike, 'an app that reads "_" as "-"').to.include({ 'x-user': 'bob', x_users: 'all' });
    expect(alike).to.not.have.any.keys('x_user');
    const real = await seen({ identity: login }, { 'x-user': 'ada', 'x-proof': SECRET });
    expect(real).to.include({ 'x-user': 'ada' }).and.not.have.any.keys('x-proof');
    expect(await seen({}, { 'x-user': 'ada' })).to.include({ 'x-user': 'ada' });
  });
});
