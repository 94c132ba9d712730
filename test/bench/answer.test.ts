import { expect } from 'chai';
import { AnswerError, AnswerReader } from '../../bench/support/load/answer';
import { pageBody } from '../../bench/support/load/page';
import { Tally } from '../../bench/support/load/tally';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('an answer under load', () => {
  it('is read from whatever pieces it arrives in', () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Release: shop-3\r\n\r\nhello';
    for (let cut = 1; cut < text.length; cut++) {
      const reader = new AnswerReader();
      expect(reader.add(bytes(text.slice(0, cut)))).to.equal(undefined);
      const answer = reader.add(bytes(text.slice(cut)));
      expect(answer?.status).to.equal(200);
      expect(answer?.headers.get('x-release')).to.equal('shop-3');
      expect(answer?.body).to.equal('hello');
    }
  });

  it('is refused when it has more bytes than it says, no length, or is no HTTP', () => {
    const add = (text: string) => () => new AnswerReader().add(bytes(text));
    expect(add('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc')).to.throw(AnswerError, '1 bytes more');
    expect(add('HTTP/1.1 200 OK\r\n\r\n')).to.throw(AnswerError, 'without Content-Length');
    expect(add('hello\r\n\r\n')).to.throw(AnswerError, 'no HTTP/1.1');
  });

  it('tells how far it came when the connection ends', () => {
    const reader = new AnswerReader();
    expect(reader.progress).to.equal('before the answer');
    reader.add(bytes('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe'));
    expect(reader.progress).to.equal('after 2 of 5 bytes of the body');
  });
});

describe('the tally of a load', () => {
  const request = { number: 7, host: 'shop.localhost', slow: false, now: 1_000 };
  const ask = (status: number, body: string, release = 'shop-3') => ({
    ok: true as const,
    answer: { status, headers: new Map([['x-release', release]]), body },
    sentAt: 10,
    firstByteAt: 12,
  });

  it('counts an answer only when every byte is what its release says to this request', () => {
    const tally = new Tally(0);
    tally.count(ask(200, pageBody('shop-3', 7)), request);
    tally.count(ask(200, pageBody('shop-2', 7)), request);
    tally.count(ask(200, pageBody('shop-3', 8)), request);
    tally.count(ask(503, pageBody('shop-3', 7)), request);
    tally.count({ ok: false, kind: 'cut', reason: 'closed' }, request);
    const seen = tally.look();
    expect(seen.requests).to.equal(5);
    expect(seen.failed).to.equal(4);
    expect(seen.kinds).to.deep.equal({ 'wrong body': 2, 'status 503': 1, cut: 1 });
    expect(seen.answers).to.deep.equal({ 'shop-3': 1 });
  });

  it('remembers when each release began its last answer', () => {
    const tally = new Tally(0);
    tally.count({ ...ask(200, pageBody('shop-3', 7)), firstByteAt: 20 }, request);
    tally.count({ ...ask(200, pageBody('shop-3', 7)), firstByteAt: 15 }, request);
    tally.count({ ...ask(200, pageBody('shop-4', 7), 'shop-4'), firstByteAt: 18 }, request);
    expect(tally.look().lastAnswers).to.deep.equal({ 'shop-3': 20, 'shop-4': 18 });
  });
});
