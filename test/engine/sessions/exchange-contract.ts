import { expect } from 'chai';
import { type Channel, type Exchange, type Frame, WINDOW_BYTES } from '../../../engine/ports/exchange';

let made = 0;
const freshSession = (): string => `${process.pid}-${++made}`;

/** Two ends of a session, each in a "process" of its own. */
export async function twoEnds(here: Exchange, there: Exchange): Promise<{ person: Channel; instance: Channel }> {
  const session = freshSession();
  const person = await here.join(session, 'person');
  const instance = await there.join(session, 'instance');
  await instance.send({ type: 'open' });
  return { person, instance };
}

async function next(frames: AsyncIterator<Frame>): Promise<Frame | undefined> {
  const read = await frames.next();
  return read.done === true ? undefined : read.value;
}

const reader = (channel: Channel): AsyncIterator<Frame> => channel.frames()[Symbol.asyncIterator]();

/** The story that every exchange must tell. */
export function exchangeContract(place: () => { here: Exchange; there: Exchange }): void {
  const open = () => twoEnds(place().here, place().there);

  it('carries bytes both ways, in order and whole', async () => {
    const { person, instance } = await open();
    const [atPerson, atInstance] = [reader(person), reader(instance)];
    expect(await next(atPerson)).to.deep.equal({ type: 'open' });
    await person.send({ type: 'size', columns: 120, rows: 40 });
    await person.send({ type: 'input', bytes: Buffer.from([0, 255, 10]) });
    await person.send({ type: 'end-of-input' });
    expect(await next(atInstance)).to.deep.equal({ type: 'size', columns: 120, rows: 40 });
    expect(await next(atInstance)).to.deep.equal({ type: 'input', bytes: Buffer.from([0, 255, 10]) });
    expect(await next(atInstance)).to.deep.equal({ type: 'end-of-input' });
    await instance.send({ type: 'output', bytes: Buffer.from('ü') });
    await instance.send({ type: 'end', exitCode: 3, reason: '', code: '', next: '' });
    expect(await next(atPerson)).to.deep.equal({ type: 'output', bytes: Buffer.from('ü') });
    expect(await next(atPerson)).to.deep.include({ type: 'end', exitCode: 3 });
    await instance.close();
    expect(await next(atPerson)).to.equal(undefined);
  });

  it('makes a writer wait for a slow reader, and loses nothing', async () => {
    const { person, instance } = await open();
    const atPerson = reader(person);
    await next(atPerson);
    let sent = 0;
    const piece = Buffer.alloc(10_000, 7);
    const total = 200;
    const writing = (async () => {
      for (; sent < total; sent++) await instance.send({ type: 'output', bytes: piece });
      await instance.close();
    })();
    // Nobody reads: what is under way stays within the window.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sent * piece.length).to.be.at.most(WINDOW_BYTES);
    let bytes = 0;
    for (let frame = await next(atPerson); frame !== undefined; frame = await next(atPerson)) {
      if (frame.type === 'output') bytes += frame.bytes.length;
    }
    await writing;
    expect(bytes).to.equal(total * piece.length);
  });

  it('ends for both when one of them goes, also for one who waits for room', async () => {
    const { person, instance } = await open();
    const blocked = instance.send({ type: 'output', bytes: Buffer.alloc(4 * WINDOW_BYTES) }).then(
      () => 'sent',
      (error: { code?: string }) => error.code,
    );
    await person.close();
    expect(await blocked).to.equal('exchange-lost');
    expect(await next(reader(instance))).to.equal(undefined);
  });

  it('rings whoever listens', async () => {
    const rung = new Promise<void>((resolve) => void place().there.listen(resolve));
    // The second ring finds the listener in any case, whichever was first.
    for (let heard = false; !heard; ) {
      await place().here.ring();
      heard = await Promise.race([rung.then(() => true), new Promise<false>((r) => setTimeout(() => r(false), 20))]);
    }
  });
}
