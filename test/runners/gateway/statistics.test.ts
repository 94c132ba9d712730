import { expect } from 'chai';
import { parseSample } from '../../../runners/gateway/samples';
import { parseCounters } from '../../../runners/gateway/statistics';

describe('the counters of HAProxy', () => {
  it('become one row per lane that was used, without the answers that HAProxy gave itself', () => {
    const answer = [
      '# pxname,svname,scur,econ,eresp,hrsp_5xx,req_tot,',
      's0_a,BACKEND,2,1,2,7,100,',
      's0_b,BACKEND,0,0,0,0,0,',
      'http,FRONTEND,2,0,0,0,100,',
    ].join('\n');
    expect(parseCounters(answer)).to.deep.equal([
      { slot: 0, lane: 'a', requests: 100, errors5xx: 4, failed: 3, sessions: 2 },
    ]);
  });
});

describe('a line about a request', () => {
  it('is a sample of its slot only', () => {
    expect(parseSample('s3_b 502 -1', 3)).to.deep.equal({ lane: 'b', status: 502, responseMs: 0 });
    expect(parseSample('s3_b 200 12', 4)).to.equal(undefined);
    expect(parseSample('http 400 -1', 3)).to.equal(undefined);
  });
});
