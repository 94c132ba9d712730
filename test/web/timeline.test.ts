import { expect } from 'chai';
import { placeBars } from '../../web/pages/timeline';

const step = (startedAt: number | null, endedAt: number | null, kind = 'command') => ({ kind, startedAt, endedAt });

describe('the timeline of a run', () => {
  it('places steps by the time at which they worked', () => {
    const bars = placeBars([step(1_000, 2_000), step(2_000, 5_000), step(null, null)], 9_000, false);
    expect(bars).to.deep.equal([{ x: 0, width: 250 }, { x: 250, width: 750 }, null]);
  });

  it('cuts the time short in which only people were waited for', () => {
    const night = 12 * 3_600_000;
    const steps = [step(0, 10_000), step(10_000, 10_000 + night, 'approve'), step(10_000 + night, 20_000 + night)];
    const [build, gate, deliver] = placeBars(steps, 0, false);
    expect(build?.width).to.be.within(450, 500);
    expect(deliver?.width).to.be.within(450, 500);
    expect(gate?.width).to.be.within(50, 100);
  });

  it('lets a running step grow until now, and shows even the shortest one', () => {
    const [long, short] = placeBars([step(0, null), step(0, 1)], 10_000, false);
    expect(long).to.deep.equal({ x: 0, width: 1000 });
    expect(short?.width).to.be.above(3);
  });

  it('of a run that goes on has room at its end, and leaves bars where they are for a while', () => {
    const at = (now: number) => placeBars([step(0, 10_000), step(10_000, null)], now, true)[0];
    expect(at(12_000)?.width).to.be.below(1000);
    expect(at(12_000)).to.deep.equal(at(13_000));
    expect(at(60_000)?.width).to.be.below(at(13_000)?.width ?? 0);
  });

  it('stays within its width, whatever the times', () => {
    const all = [step(0, 5, 'approve'), step(3, 3), step(100, null), step(90, 95, 'approve')];
    for (const bar of placeBars(all, 120, true)) expect((bar?.x ?? 0) + (bar?.width ?? 0)).to.be.at.most(1006);
  });
});
