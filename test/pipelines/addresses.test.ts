import { expect } from 'chai';
import { formatAddressBlock, hexOfAddress, holdsAddress, parseAddressBlock } from '../../pipelines/addresses';
import { readUserList } from '../../pipelines/gray-users';

describe('a block of addresses', () => {
  const holds = (block: string, address: string) => {
    const parsed = parseAddressBlock(block);
    return parsed !== null && holdsAddress(parsed, hexOfAddress(address) ?? '');
  };

  it('holds what begins with its bits, whole digits or not', () => {
    expect(holds('10.0.0.0/8', '10.255.1.2')).to.equal(true);
    expect(holds('10.0.0.0/8', '11.0.0.0')).to.equal(false);
    expect(holds('172.16.0.0/12', '172.31.255.255')).to.equal(true);
    expect(holds('172.16.0.0/12', '172.32.0.0')).to.equal(false);
    expect(holds('192.0.2.7', '192.0.2.7')).to.equal(true);
    expect(holds('192.0.2.6/31', '192.0.2.8')).to.equal(false);
    expect(holds('0.0.0.0/0', '203.0.113.9')).to.equal(true);
    expect(holds('fd00::/8', 'fdab::1')).to.equal(true);
    expect(holds('::/0', '10.0.0.1')).to.equal(false);
  });

  it('is refused when it is none', () => {
    for (const text of ['10.0.0/8', '10.0.0.0/33', 'fd00::/129', 'x', '10.0.0.0/', '10.0.0.0/8/8', '']) {
      expect(parseAddressBlock(text), text).to.equal(null);
    }
  });

  it('is written in one way', () => {
    const again = (text: string) => formatAddressBlock(parseAddressBlock(text) ?? { digits: '', bits: 0 });
    expect([again('10.1.2.3'), again('fd00::1:2/64')]).to.deep.equal(['10.1.2.3/32', 'fd00:0:0:0:0:0:1:2/64']);
    expect(hexOfAddress('::ffff:10.1.2.3')).to.equal('00000000000000000000FFFF0A010203');
  });
});

describe('a file of users', () => {
  it('has one user a line, each once, and remarks', () => {
    expect(readUserList('# QA\r\nada\r\n\r\n bob@bank.example \nada\n')).to.deep.equal({
      names: ['ada', 'bob@bank.example'],
    });
  });

  it('is refused with the line that is wrong, or when it is too long', () => {
    expect(readUserList('ada\nb\u0007b\n')).to.deep.equal({ problem: 'line 2 has a control character' });
    const many = Array.from({ length: 10_001 }, (_, index) => `user-${index}`).join('\n');
    expect(readUserList(many)).to.deep.equal({ problem: 'it has 10001 users, and at most 10000 fit' });
  });
});
