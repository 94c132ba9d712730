import { expect } from 'chai';
import type { Route } from '../../engine/ports/gateway';
import { sessionOf, whoMeets } from '../../engine/rollout/visitor';
import { xxh32 } from '../../engine/rollout/xxh32';

const route: Route = {
  ...{ host: 'shop.test', slot: 1, version: 1, stable: 'a', gray: 'b', warm: 'c', share: 0, salt: 'salt' },
  ...{ rules: [], key: 'key', identity: null, holds: true, sticky: true },
};
const identity = { header: 'X-User', trustedFrom: ['10.0.0.0/8', 'fd00::/8'], proof: null };
const facts = {
  isListed: (list: string, user: string) => list === 'qa' && user === 'ada',
  laneOfSession: (session: string) => (session === sessionOf('old-1') ? ('c' as const) : undefined),
};
const meets = (change: Partial<Route>, headers: Record<string, string>, address = '10.1.2.3') =>
  whoMeets({ ...route, ...change }, { headers: Object.entries(headers), address }, facts);

/** What HAProxy itself decides is compared in test/runners/gateway/visitors.test.ts. */
describe('who a visitor meets', () => {
  it('is stable while nothing is gray', () => {
    expect(meets({ gray: null }, { 'x-gray': 'key' })).to.deep.include({ lane: 'a', why: { kind: 'no-gray' } });
  });

  it('is gray by the first rule that fits, whatever the share', () => {
    const rules: Route['rules'] = [
      { kind: 'cookie', name: 'beta', match: 'startsWith', value: 'v2' },
      { kind: 'header', name: 'X-Team', match: 'equals', value: 'qa' },
    ];
    const met = meets({ rules }, { 'x-team': ' qa ', cookie: 'beta=v1' });
    expect(met).to.deep.include({ lane: 'b', why: { kind: 'rule', rule: 2 } });
    expect(meets({ rules }, { 'x-team': 'qa2', cookie: 'Beta=v2' }).lane).to.equal('a');
  });

  it('is gray for a user of a list, if the login proxy says so', () => {
    const rules: Route['rules'] = [{ kind: 'users', list: 'qa' }];
    expect(meets({ rules, identity }, { 'x-user': 'ada' }).lane).to.equal('b');
    expect(meets({ rules, identity }, { 'x-user': 'ada' }, 'fd12::7').lane).to.equal('b');
    const elsewhere = meets({ rules, identity }, { 'x-user': 'ada' }, '192.0.2.1');
    expect(elsewhere).to.deep.include({ lane: 'a', login: { kind: 'refused', why: 'address' } });
  });

  it('is a matter of the bucket below the share: nobody goes back while it grows', () => {
    const ids = Array.from({ length: 2_000 }, (_, index) => `visitor-${index}`);
    let before = new Set<string>();
    for (const share of [0, 1, 10, 500, 5_000, 10_000]) {
      const gray = new Set(ids.filter((id) => meets({ share }, { cookie: `gantry_id=${id}` }).lane === 'b'));
      expect([...before].every((id) => gray.has(id))).to.equal(true);
      expect(gray.size).to.be.closeTo((ids.length * share) / 10_000, 70);
      before = gray;
    }
  });

  it('is another order of visitors for each salt', () => {
    const ids = Array.from({ length: 400 }, (_, index) => `visitor-${index}`);
    const gray = (salt: string) =>
      ids.filter((id) => meets({ share: 2_000, salt }, { cookie: `gantry_id=${id}` }).lane === 'b');
    const both = gray('one').filter((id) => gray('another').includes(id));
    expect(both.length).to.be.lessThan(40);
  });

  it('is the old release for a session there, as long as sessions are held', () => {
    const cookie = `gantry_session=${sessionOf('old-1')}`;
    expect(meets({ share: 10_000 }, { cookie })).to.deep.include({ lane: 'c', why: { kind: 'session', lane: 'c' } });
    expect(meets({ share: 10_000, holds: false }, { cookie }).lane).to.equal('b');
    expect(meets({ gray: null, sticky: false }, { cookie }).lane).to.equal('a');
  });

  it('cannot be told before a new visitor has an id', () => {
    expect(meets({ share: 500 }, {})).to.deep.include({ lane: null, why: { kind: 'new', share: 500 } });
    expect(meets({ share: 500 }, { cookie: 'gantry_id=short' }).lane).to.equal(null);
    expect(meets({ share: 0 }, {}).lane).to.equal('a');
    expect(meets({ share: 10_000 }, {}).lane).to.equal('b');
  });
});

describe('XXH32', () => {
  it('gives the values of its specification', () => {
    const of = (text: string, seed: number) => xxh32(Buffer.from(text), seed).toString(16);
    expect([of('', 0), of('', 0x9e3779b1), of('a', 0), of('abc', 0)]).to.deep.equal([
      '2cc5d05',
      '36b78ae7',
      '550d7456',
      '32d153ff',
    ]);
    expect(of('Nobody inspects the spammish repetition', 0)).to.equal('e2293b2f');
  });
});
