import { expect } from 'chai';
import fc from 'fast-check';
import * as units from '../../pipelines/units';

describe('units of gantry.yml', () => {
  const table: [string, (text: string) => number | null, string, number | null][] = [
    ['a duration', units.parseDuration, '500ms', 500],
    ['a duration', units.parseDuration, '10s', 10_000],
    ['a duration', units.parseDuration, '5m', 300_000],
    ['a duration', units.parseDuration, '2h', 7_200_000],
    ['a duration', units.parseDuration, '7d', 604_800_000],
    ['a duration', units.parseDuration, '1.5h', null],
    ['a duration', units.parseDuration, '-1s', null],
    ['a duration', units.parseDuration, '10', null],
    ['a duration', units.parseDuration, '9999999999d', null],
    ['memory', units.parseMemory, '512m', 536_870_912],
    ['memory', units.parseMemory, '1g', 1_073_741_824],
    ['memory', units.parseMemory, '1gb', null],
    ['a share', units.parseShare, '5%', 500],
    ['a share', units.parseShare, '0.01%', 1],
    ['a share', units.parseShare, '0.07%', 7],
    ['a share', units.parseShare, '100%', 10_000],
    ['a share', units.parseShare, '100.01%', null],
    ['a share', units.parseShare, '0.001%', null],
    ['a threshold', units.parseShareThreshold, '< 1%', 100],
    ['a threshold', units.parseShareThreshold, '<0.5%', 50],
    ['a threshold', units.parseShareThreshold, '1%', null],
    ['a threshold', units.parseDurationThreshold, '< 300ms', 300],
    ['a threshold', units.parseDurationThreshold, '<= 300ms', null],
  ];
  for (const [what, parse, text, value] of table) {
    it(`reads ${what} "${text}" as ${value}`, () => {
      expect(parse(text)).to.equal(value);
    });
  }

  it('read back what they wrote, for every duration, memory and share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999 }), (ms) => {
        expect(units.parseDuration(units.formatDuration(ms))).to.equal(ms);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_048_576 }), (mebibytes) => {
        expect(units.parseMemory(units.formatMemory(mebibytes * 1024 ** 2))).to.equal(mebibytes * 1024 ** 2);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (share) => {
        expect(units.parseShare(units.formatShare(share))).to.equal(share);
      }),
    );
  });
});
