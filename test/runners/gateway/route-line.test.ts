import { expect } from 'chai';
import fc from 'fast-check';
import { LANES, type Route } from '../../../engine/ports/gateway';
import { checkHost } from '../../../runners/gateway/names';
import { FIELD, formatRoute, parseRoute } from '../../../runners/gateway/route-line';
import { aRoute } from './contract';

describe('the map line of a route', () => {
  it('says every route there is, and is one word whatever users write into rules and salt', () => {
    const lane = fc.constantFrom(...LANES, null);
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    const route = fc.record<Route>({
      host: fc.constant('a.test'),
      slot: fc.nat(9_999),
      version: fc.nat(),
      stable: lane,
      gray: lane,
      warm: lane,
      share: fc.nat(10_000),
      salt: text,
      rules: fc.record({ header: text, cookie: text }, { requiredKeys: [] }),
    });
    fc.assert(
      fc.property(route, (any) => {
        const line = formatRoute(any);
        expect(line).to.match(/^[0-9A-Za-z:-]+$/);
        expect(parseRoute('a.test', line)).to.deep.equal(any);
      }),
    );
  });

  it('has its fields where the configuration looks for them', () => {
    const line = formatRoute(
      aRoute('a.test', 4, 9, { gray: 'b', share: 250, salt: 'J', rules: { header: '1' }, sticky: true }),
    );
    const field = (name: keyof typeof FIELD) => line.split(':')[FIELD[name] - 1];
    expect(Object.keys(FIELD).map((name) => field(name as keyof typeof FIELD))).to.deep.equal([
      '4',
      'a',
      'b',
      '250',
      '4A',
      '31',
      '-',
      '1',
    ]);
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
