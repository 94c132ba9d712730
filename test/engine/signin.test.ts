import { expect } from 'chai';
import fc from 'fast-check';
import { placeOf } from '../../engine/signin/attempts';
import { WAITS } from '../../engine/signin/limits';
import { passwordProblem } from '../../engine/signin/password';
import { periodOf } from '../../engine/signin/totp';
import { waitAfter } from '../../engine/signin/waits';

describe('the wait after failed attempts', () => {
  it('is nothing at first, then never less after more of them, and never more than its most', () => {
    for (const rule of Object.values(WAITS)) {
      fc.assert(
        fc.property(fc.nat(5_000), (failures) => {
          const wait = waitAfter(rule, failures);
          expect(wait).to.be.at.most(waitAfter(rule, failures + 1));
          expect(wait).to.be.at.most(rule.mostMs);
          expect(wait === 0).to.equal(failures <= rule.free);
        }),
      );
    }
  });
});

describe('where an attempt comes from', () => {
  for (const [address, place] of [
    ['10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::9', '2001:db8:1:2::/64'],
    ['2001:DB8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ] as const) {
    it(`is ${place} for ${address}`, () => expect(placeOf(address)).to.equal(place));
  }
});

describe('a new password', () => {
  for (const password of ['Passw0rd2026!!', 'WELCOME-2026-!', 'Administrator1', '123456789012', '098765432109']) {
    it(`is not ${password}`, () => expect(passwordProblem(password, 'vera')).to.be.a('string'));
  }
  for (const password of ['plum tractor violet', 'xK9#mPq2$vLw', 'žluťoučký kůň úpěl', '密码是一个很长很长的句子啊']) {
    it(`may be ${password}`, () => expect(passwordProblem(password, 'vera')).to.equal(null));
  }
});

describe('a code of an authenticator app', () => {
  /** RFC 6238, appendix B, cut to 6 digits. */
  const seed = Buffer.from('12345678901234567890');
  for (const [seconds, code] of [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
  ] as const) {
    it(`is ${code} at ${seconds} s, as the standard says`, () => {
      expect(periodOf(seed, code, seconds * 1000)).to.equal(Math.floor(seconds / 30));
      expect(periodOf(seed, code, (seconds + 30) * 1000), 'a clock may be 30 s apart').to.equal(
        Math.floor(seconds / 30),
      );
      expect(periodOf(seed, code, (seconds + 90) * 1000)).to.equal(null);
    });
  }
});
