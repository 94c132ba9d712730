import { expect } from 'chai';
import fc from 'fast-check';
import {
  checkTraffic,
  clearGray,
  dropWarm,
  EMPTY_TRAFFIC,
  emptyLane,
  endLeaving,
  endSessions,
  looseLanes,
  makeStable,
  place,
  readTraffic,
  setGray,
  type Traffic,
  TrafficError,
} from '../../engine/rollout/traffic';

const gray = (share: number) => ({ share, rules: [], key: 'key', salt: 'salt' });

/** One release after the other through gray to stable. */
function released(...ids: string[]): Traffic {
  return ids.reduce<Traffic>((t, id) => {
    const placed = looseLanes(t).reduce(emptyLane, t);
    return makeStable(setGray(place(placed, id).traffic, id, gray(500)), id);
  }, EMPTY_TRAFFIC);
}

describe('the traffic of a host', () => {
  it('keeps the old release warm when a new one becomes stable', () => {
    const traffic = released('v1', 'v2');
    expect(traffic.lanes[traffic.stable ?? 'a']).to.equal('v2');
    expect(traffic.lanes[traffic.warm ?? 'a']).to.equal('v1');
    expect(traffic.share).to.equal(0);
  });

  it('is as before after a rollback of a rollback', () => {
    const traffic = released('v1', 'v2');
    expect(makeStable(makeStable(traffic, 'v1'), 'v2')).to.deep.equal(traffic);
  });

  it('lets the release before the last go when a third comes', () => {
    const traffic = released('v1', 'v2', 'v3');
    expect(looseLanes(traffic).map((lane) => traffic.lanes[lane])).to.deep.equal(['v1']);
  });

  it('stays the same when the same move is made again', () => {
    const once = released('v1', 'v2');
    expect(makeStable(once, 'v2')).to.deep.equal(once);
    const shared = setGray(place(once, 'v3').traffic, 'v3', gray(500));
    expect(setGray(shared, 'v3', gray(500))).to.deep.equal(shared);
  });

  it('refuses gray for what is stable, a share over 100 %, and a fourth release', () => {
    const traffic = released('v1', 'v2');
    expect(() => setGray(traffic, 'v2', gray(1))).to.throw(TrafficError, 'stable already');
    const third = place(traffic, 'v3').traffic;
    expect(() => setGray(third, 'v3', gray(10_001))).to.throw(TrafficError, '10000');
    expect(() => place(setGray(third, 'v3', gray(1)), 'v4')).to.throw(TrafficError, 'all three lanes');
  });

  it('refuses to empty a lane that serves', () => {
    const traffic = released('v1');
    expect(() => emptyLane(traffic, traffic.stable ?? 'a')).to.throw(TrafficError, 'still has a role');
  });

  it('lets what is open at the old release go on for the time that this asked for', () => {
    const settings = { sticky: true, drain: 60_000, identity: null };
    const first = makeStable(place(EMPTY_TRAFFIC, 'v1', settings).traffic, 'v1');
    const placed = place(first, 'v2', settings).traffic;
    const promoted = makeStable(placed, 'v2', { now: 1_000, sessions: true });
    expect(promoted.leaving).to.deep.equal({ until: 61_000, sessions: true });
    expect(makeStable(promoted, 'v1', { now: 2_000, sessions: false }).leaving).to.include({ sessions: false });
    expect(dropWarm(promoted).leaving).to.equal(null);
    expect(endLeaving(endSessions(promoted))).to.deep.equal({ ...promoted, leaving: null });
  });

  it('is read as Gantry 0.1 kept it', () => {
    const former = {
      ...{ lanes: { a: 'v1', b: 'v2', c: null }, stable: 'a', gray: 'b', warm: null, previous: null },
      ...{ share: 500, rules: { header: 'key', cookie: '1' }, salt: 'salt' },
    };
    const traffic = readTraffic(JSON.stringify(former));
    expect(checkTraffic(traffic)).to.deep.equal([]);
    expect(traffic).to.deep.include({ settings: {}, leaving: null, key: '', share: 500 });
    expect(traffic.rules).to.deep.equal([
      { kind: 'header', name: 'X-Gray', match: 'equals', value: 'key' },
      { kind: 'cookie', name: 'gray', match: 'equals', value: '1' },
    ]);
  });

  it('keeps its invariants whatever moves are made', () => {
    const ids = ['v1', 'v2', 'v3', 'v4'];
    const moves = fc.array(
      fc.oneof(
        fc.record({ move: fc.constant('place' as const), id: fc.constantFrom(...ids) }),
        fc.record({
          move: fc.constant('gray' as const),
          id: fc.constantFrom(...ids),
          share: fc.integer({ min: 0, max: 10_000 }),
        }),
        fc.record({ move: fc.constant('stable' as const), id: fc.constantFrom(...ids) }),
        fc.record({ move: fc.constant('clear' as const) }),
        fc.record({ move: fc.constant('cool' as const) }),
        fc.record({ move: fc.constant('sweep' as const) }),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(moves, (list) => {
        let traffic = EMPTY_TRAFFIC;
        let served = false;
        for (const move of list) {
          try {
            switch (move.move) {
              case 'place':
                traffic = place(traffic, move.id).traffic;
                break;
              case 'gray':
                traffic = setGray(traffic, move.id, gray(move.share));
                break;
              case 'stable':
                traffic = makeStable(traffic, move.id, { now: 1, sessions: true });
                break;
              case 'clear':
                traffic = clearGray(traffic);
                break;
              case 'cool':
                traffic = dropWarm(traffic);
                break;
              case 'sweep':
                traffic = looseLanes(traffic).reduce(emptyLane, traffic);
                break;
            }
          } catch (error) {
            expect(error).to.be.instanceOf(TrafficError);
          }
          expect(checkTraffic(traffic)).to.deep.equal([]);
          // Once somebody serves, no move leaves the host without a stable release.
          served ||= traffic.stable !== null;
          expect(traffic.stable !== null).to.equal(served);
        }
      }),
      { numRuns: 500 },
    );
  });
});
