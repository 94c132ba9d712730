import { expect } from 'chai';
import { WireChannel } from '../../../engine/queue/channel';
import { localExchange } from '../../../engine/queue/local-exchange';
import { encode } from '../../../engine/queue/wire-format';
import { exchangeContract } from './exchange-contract';

describe('the exchange inside one process', () => {
  const exchange = localExchange();
  after(() => exchange.close());
  exchangeContract(() => ({ here: exchange, there: exchange }));
});

describe('one end of a session', () => {
  const channel = () =>
    new WireChannel(
      async () => undefined,
      () => undefined,
    );
  const failure = async (broken: WireChannel): Promise<string> => {
    try {
      for await (const _frame of broken.frames());
      return 'ended';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('breaks off when a part was lost on the way, and never skips it', async () => {
    const end = channel();
    end.receive(encode({ type: 'output', bytes: Buffer.from('a') }, 0));
    end.receive(encode({ type: 'output', bytes: Buffer.from('c') }, 2));
    const frames = end.frames();
    expect(await frames.next()).to.deep.include({ value: { type: 'output', bytes: Buffer.from('a') } });
    expect(await failure(end)).to.equal('the session broke off: a part of it was lost on the way');
  });

  it('breaks off, and takes nothing else with it, when it hears what no Gantry of this version says', async () => {
    const end = channel();
    end.receive(Buffer.from([250, 0, 0, 0, 0]));
    expect(await failure(end)).to.equal('the session broke off: the other side said what this Gantry does not know');
  });

  it('breaks off when its wire does', async () => {
    const end = new WireChannel(
      async () => {
        throw new Error('no connection');
      },
      () => undefined,
    );
    const refused = await end.send({ type: 'open' }).catch((error: Error) => error.message);
    expect(refused).to.equal('the session broke off: Redis does not answer');
    expect(await failure(end)).to.equal(refused);
  });
});
