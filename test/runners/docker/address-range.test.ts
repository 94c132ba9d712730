import { expect } from 'chai';
import { addressRange, partsOf, siblingsOf } from '../../../runners/docker/address-range';

describe('the range of a network', () => {
  it('leaves its last address to the gateway, out of what Docker hands out', () => {
    expect(addressRange('172.20.0.0/16')).to.deep.equal({
      subnet: '172.20.0.0/16',
      dynamic: '172.20.0.0/17',
      first: '172.20.0.1',
      last: '172.20.255.254',
    });
    expect(addressRange('192.168.240.0/20')).to.include({ dynamic: '192.168.240.0/21', last: '192.168.255.254' });
    expect(addressRange('10.214.3.77/24')).to.include({ subnet: '10.214.3.0/24', last: '10.214.3.254' });
  });

  it('is divided, so that all stages of a house take one of the few that Docker has', () => {
    const parts = partsOf('172.20.0.0/16').map(({ subnet }) => subnet);
    expect([parts.length, parts[0], parts[1], parts[15]]).to.deep.equal([
      16,
      '172.20.0.0/20',
      '172.20.16.0/20',
      '172.20.240.0/20',
    ]);
    expect(siblingsOf('172.20.16.0/20').map(({ subnet }) => subnet)).to.deep.equal(parts.filter((_, at) => at !== 1));
    expect(partsOf('192.168.16.0/20')[2]).to.include({ subnet: '192.168.18.0/24' });
    expect(partsOf('10.214.3.0/24'), 'too small to divide').to.deep.equal([addressRange('10.214.3.0/24')]);
    expect(siblingsOf('10.214.3.0/28')).to.deep.equal([]);
  });

  it('is refused when it is none, or too small to share', () => {
    for (const text of ['', 'fd00::/64', '10.0.0.0', '10.0.0.0/30', '0.0.0.0/0']) {
      expect(() => addressRange(text), text).to.throw('no IPv4 range');
    }
  });
});
