import { expect } from 'chai';
import fc from 'fast-check';
import { type GrayRule, LANES, type Route } from '../../../engine/ports/gateway';
import { checkHost } from '../../../runners/gateway/names';
import { FIELD, formatRoute, parseRoute } from '../../../runners/gateway/route-line';
import { aRoute, byHeader } from './contract';

describe('the map line of a route', () => {
  it('says every route there is, and is one word whatever users write into rules and salt', () => {
    const lane = fc.constantFrom(...LANES, null);
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    const list = fc.constant('0123456789abcdef');
    const rule: fc.Arbitrary<GrayRule> = fc.oneof(
      fc.record({ kind: fc.constant('users' as const), list }),
      fc.record({
        kind: fc.constantFrom('header' as const, 'cookie' as const),
        name: text,
        match: fc.constantFrom('equals' as const, 'startsWith' as const),
        value: text,
      }),
    );
    const identity = fc.record({
      header: text,
      trustedFrom: fc.array(fc.constantFrom('10.0.0.0/8', '192.0.2.7/32', 'fd00:0:0:0:0:0:0:0/8'), { maxLength: 3 }),
      proof: fc.option(fc.record({ header: text, sha256: fc.constant('ab'.repeat(32)) }), { nil: null }),
    });
    const route = fc.record<Route>({
      host: fc.constant('a.test'),
      slot: fc.nat(9_999),
      version: fc.nat(),
      stable: lane,
      gray: lane,
      warm: lane,
      share: fc.nat(10_000),
      salt: text,
      key: text,
      rules: fc.array(rule, { maxLength: 5 }),
      identity: fc.option(identity, { nil: null }),
      holds: fc.boolean(),
    });
    fc.assert(
      fc.property(route, (any) => {
        const line = formatRoute(any);
        expect(line).to.match(/^[0-9A-Za-z:./,_-]+$/);
        expect(parseRoute('a.test', line)).to.deep.equal(any);
      }),
    );
  });

  it('has its fields where the configuration looks for them', () => {
    const line = formatRoute(
      aRoute('a.test', 4, 9, { gray: 'b', share: 250, salt: 'J', key: '1', sticky: true, holds: true }),
    );
    const field = (name: keyof typeof FIELD) => line.split(':')[FIELD[name] - 1];
    expect(Object.keys(FIELD).map((name) => field(name as keyof typeof FIELD))).to.deep.equal([
      '4',
      'a',
      'b',
      '-',
      '250',
      '4A',
      '31',
      '-',
      '1',
      '-',
      '1',
    ]);
  });

  it('is read as Gantry 0.1 wrote it: a value of X-Gray and one of the cookie gray', () => {
    const former = parseRoute('a.test', '9:4:a:b:-:250:4A:31:7971:1');
    const rules = [byHeader('X-Gray', '1'), { kind: 'cookie', name: 'gray', match: 'equals', value: 'yq' } as const];
    expect(former).to.deep.equal(aRoute('a.test', 4, 9, { gray: 'b', share: 250, salt: 'J', rules, sticky: true }));
  });

  it('is not read from something else', () => {
    expect(parseRoute('a.test', '1:2:a')).to.equal(undefined);
    expect(parseRoute('a.test', 'x:2:a:-:-:0:-:-:-:0')).to.equal(undefined);
  });
});

describe('a host name for the gateway', () => {
  it('is a DNS name in lower case', () => {
    for (const good of ['shop.test', 'a', 'x-1.storefront.localhost', '10.0.0.1']) checkHost(good);
    for (const bad of ['shop.test.', '.test', 'a..b', 'a_b', 'ä.test', 'a:80', `${'a'.repeat(254)}`]) {
      expect(() => checkHost(bad), bad).to.throw(/host name/);
    }
  });
});
