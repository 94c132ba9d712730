import { expect } from 'chai';
import { AskPace } from '../../../runners/docker/health';

const SILENT = { status: undefined, words: 'connection refused' };
const NOT_YET = { status: 503, words: '503 Service Unavailable' };

describe('the pace of questions for health', () => {
  it('is quick while nobody listens, so that nobody waits for nothing when the instance is there', () => {
    const pace = new AskPace();
    for (let i = 0; i < 100; i++) expect(pace.after(SILENT)).to.equal(10);
  });

  it('gets slower when the app answers that it is not ready, at most to one question a second', () => {
    const pace = new AskPace();
    const pauses = Array.from({ length: 20 }, () => pace.after(NOT_YET));
    expect(pauses.slice(0, 3).map(Math.round)).to.deep.equal([100, 120, 144]);
    expect(pauses.at(-1)).to.equal(1_000);
  });

  it('gets slower, too, when nobody has listened for long', () => {
    const pace = new AskPace();
    const pauses = Array.from({ length: 820 }, () => pace.after(SILENT));
    expect(pauses.at(799)).to.equal(10);
    expect(pauses.at(-1)).to.equal(1_000);
  });
});
