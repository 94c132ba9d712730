import { expect } from 'chai';
import { withComment } from '../../bench/support/ledger';

/** The end of an empty ZIP: its mark, zeros, and the length of the comment behind it. */
const EMPTY_ZIP = Buffer.concat([Buffer.from('PK\u0005\u0006', 'latin1'), Buffer.alloc(18)]);

describe('the WARs of the bench', () => {
  it('are the same archive with other bytes', () => {
    const one = withComment(EMPTY_ZIP, 'release 1');
    const other = withComment(EMPTY_ZIP, 'release 2');
    expect(one.equals(other)).to.equal(false);
    for (const zip of [one, other]) {
      expect(zip.readUInt16LE(EMPTY_ZIP.length - 2)).to.equal(zip.length - EMPTY_ZIP.length);
      expect(zip.subarray(0, EMPTY_ZIP.length - 2).equals(EMPTY_ZIP.subarray(0, -2))).to.equal(true);
    }
  });
});
