import { expect } from 'chai';
import fc from 'fast-check';
import { judgeOf } from '../../outgoing/address';
import { readTarget } from '../../outgoing/target';

const judge = judgeOf([], () => ['203.0.114.9', 'fe80::1']);
const REFUSED = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '100.100.100.200',
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.168.0.1',
  '198.18.0.1',
  '203.0.114.9',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2001:0:1::1',
  '2001:db8::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
];
const CALLED = ['1.1.1.1', '93.184.215.14', '100.128.0.1', '172.32.0.1', '2606:4700::1111', '64:ff9b::1.1.1.1'];

describe('the addresses that may be called', () => {
  for (const address of REFUSED) it(`refuses ${address} [S16]`, () => expect(judge(address)).to.be.a('string'));
  for (const address of CALLED) it(`calls ${address}`, () => expect(judge(address)).to.equal(null));

  it('are those of the allow-list, and no other of the same range', () => {
    const site = judgeOf(['10.1.0.0/16', 'fd00::/8', '169.254.169.254'], () => []);
    const verdicts = ['10.1.255.1', '::ffff:10.1.0.1', '64:ff9b::10.1.0.1', 'fd12::1', '169.254.169.254'].map(site);
    expect(verdicts).to.eql([null, null, null, null, null]);
    expect(['10.2.0.1', 'fc00::1', '169.254.169.253'].map(site)).not.to.include(null);
  });

  it('are the same however an IPv4 address is spelled [S16]', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const spelled = fc.tuple(byte, byte, byte, fc.constantFrom('decimal', 'octal', 'hex', 'short'));
    fc.assert(
      fc.property(spelled, ([b, c, d, form]) => {
        const number = 10 * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
        const text = {
          decimal: String(number),
          octal: `012.0${b.toString(8)}.0${c.toString(8)}.0${d.toString(8)}`,
          hex: `0x${number.toString(16)}`,
          short: `10.${b * 2 ** 16 + c * 2 ** 8 + d}`,
        }[form];
        const { host, isAddress } = readTarget(`https://${text}/`);
        expect([host, isAddress, judge(host)]).to.eql([`10.${b}.${c}.${d}`, true, 'a private address']);
      }),
    );
  });
});
