import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { unless } from '../../../runners/docker/client';

describe('a stream of Docker that somebody may stop to wait for', () => {
  const abort = new Error('nobody waits any more');

  it('is not asked for when nobody waits for it from the beginning', async () => {
    let asked = false;
    const ask = async () => {
      asked = true;
      return new PassThrough();
    };
    const refused = await unless(AbortSignal.abort(abort), ask).catch((error) => error);
    expect([refused, asked]).to.deep.equal([abort, false]);
  });

  it('is let go when it comes too late', async () => {
    const waiting = new AbortController();
    const { promise, resolve } = Promise.withResolvers<PassThrough>();
    const asked = unless(waiting.signal, () => promise).catch((error) => error);
    waiting.abort(abort);
    expect(await asked).to.equal(abort);
    const late = new PassThrough();
    const closed = new Promise((done) => late.once('close', done));
    resolve(late);
    await closed;
    expect(late.destroyed).to.equal(true);
  });

  it('is handed out in time, and stays', async () => {
    const stream = new PassThrough();
    expect(await unless(new AbortController().signal, async () => stream)).to.equal(stream);
    expect(stream.destroyed).to.equal(false);
  });
});
