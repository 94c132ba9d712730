import { expect } from 'chai';
import fc from 'fast-check';
import { isOpen, nextOpening, parseChangeWindows } from '../../pipelines/change-window';

const MINUTE = 60_000;
const windows = (text: string) => {
  const parsed = parseChangeWindows(text);
  if (parsed === null) throw new Error(`${text} is no window`);
  return parsed;
};
const opens = (text: string, at: string): string | null => {
  const next = nextOpening(windows(text), Date.parse(at));
  return next === null ? null : new Date(next).toISOString().slice(0, 16);
};

describe('a change window', () => {
  it('is open on its days, between its hours, by the clocks of its zone', () => {
    const berlin = windows('Mon-Fri 09:00-17:00 Europe/Berlin');
    expect(isOpen(berlin, Date.parse('2026-11-23T08:00Z'))).to.equal(true);
    expect(isOpen(berlin, Date.parse('2026-11-23T07:59:59.999Z'))).to.equal(false);
    expect(isOpen(berlin, Date.parse('2026-11-23T16:00Z'))).to.equal(false);
    expect(isOpen(berlin, Date.parse('2026-11-22T12:00Z'))).to.equal(false);
    expect(isOpen(berlin, Date.parse('2026-07-20T07:00Z'))).to.equal(true);
  });

  it('says when it opens next', () => {
    expect(opens('Mon-Fri 09:00-17:00 Europe/Berlin', '2026-11-21T12:00Z')).to.equal('2026-11-23T08:00');
    expect(opens('Mon-Fri 09:00-17:00 Europe/Berlin', '2026-11-23T10:30Z')).to.equal('2026-11-23T10:30');
    expect(opens('Sun 00:00-24:00; Wed 12:00-13:00', '2026-11-23T10:30Z')).to.equal('2026-11-25T12:00');
    expect(opens('Sat,Sun 10:00-12:00', '2026-11-23T00:00Z')).to.equal('2026-11-28T10:00');
  });

  it('passes over hours that a change of the clocks skips, and opens twice in hours that come twice', () => {
    // In the night of 2026-03-29 there is no half past two in Berlin; on 2026-10-25 there are two.
    expect(opens('Sun 02:10-02:50 Europe/Berlin', '2026-03-28T12:00Z')).to.equal('2026-04-05T00:10');
    expect(opens('Sun 02:10-02:50 Europe/Berlin', '2026-10-25T00:00Z')).to.equal('2026-10-25T00:10');
    expect(opens('Sun 02:10-02:50 Europe/Berlin', '2026-10-25T00:50Z')).to.equal('2026-10-25T01:10');
  });

  it('is refused when it is none', () => {
    const wrong = ['', 'Mon', 'Mon 9-17', 'Mon 09:00-09:00', 'Mon 17:00-09:00', 'Mon 09:00-24:01', 'Mon 09:60-10:00'];
    const alsoWrong = ['Mo 09:00-17:00', 'Mon-Tue-Wed 09:00-10:00', 'Mon 09:00-10:00 Mars/Base', 'Mon 09:00-10:00;'];
    for (const text of [...wrong, ...alsoWrong]) expect(parseChangeWindows(text), text).to.equal(null);
  });

  it('opens exactly where a look at every minute finds it, in any zone, across every change of the clocks', () => {
    const zone = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe', // by half an hour
      'Asia/Kathmandu',
      'America/Sao_Paulo',
      'Africa/Casablanca',
      'Pacific/Apia',
      'Asia/Shanghai',
    );
    const day = fc.constantFrom('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun');
    const two = (n: number): string => String(n).padStart(2, '0');
    const text = fc
      .tuple(day, day, fc.integer({ min: 0, max: 1_438 }), fc.integer({ min: 1, max: 600 }), zone)
      .map(([first, last, from, length, where]) => {
        const to = Math.min(1_440, from + length);
        const hours = `${two(Math.floor(from / 60))}:${two(from % 60)}-${two(Math.floor(to / 60))}:${two(to % 60)}`;
        return `${first}-${last} ${hours} ${where}`;
      });
    // Days around changes of the clocks come often.
    const near = fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01');
    const at = fc
      .tuple(near, fc.integer({ min: -2_880, max: 2_880 }))
      .map(([date, minutes]) => Date.parse(`${date}T00:00Z`) + minutes * MINUTE);
    fc.assert(
      fc.property(text, at, (said, from) => {
        const window = windows(said);
        const next = nextOpening(window, from);
        if (next === null) throw new Error(`${said} never opens`);
        expect(isOpen(window, next)).to.equal(true);
        // Looked at minute by minute, for two days at most: it was shut all the time before.
        for (let now = from; now < Math.min(next, from + 2_880 * MINUTE); now += MINUTE) {
          expect(isOpen(window, now), `${said} at ${new Date(now).toISOString()}`).to.equal(false);
        }
      }),
      { numRuns: 150 },
    );
  });
});
