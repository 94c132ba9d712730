import { expect } from 'chai';
import pino from 'pino';
import { Watches } from '../../web/events/watches';

describe('what is followed by several', () => {
  it('goes back to nothing older for whoever comes later', async () => {
    let value = 1;
    const look = { key: () => 'it', look: async () => value, same: (a: number, b: number) => a === b, everyMs: 60_000 };
    const watches = new Watches<string, number>(look, pino({ level: 'silent' }));
    const gone = new AbortController();
    const first = watches.follow('it', gone.signal);
    expect((await first.next()).value).to.equal(1);
    value = 2;
    const second = watches.follow('it', gone.signal);
    expect((await second.next()).value, 'as the first one sees it').to.equal(1);
    const next = second.next();
    gone.abort();
    watches.close();
    expect((await next).done).to.equal(true);
    await first.return(undefined);
  });
});
