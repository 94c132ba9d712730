import { expect } from 'chai';
import { sendLive } from '../../web/events/live';
import type { WebParts } from '../../web/parts';
import { type House, makeHouse } from './support/house';
import { FakeRunner } from './support/runner';

const LIVE = '/api/v1/apps/storefront/runs/1/live';

/** Messages of a stream as `{id, event, data}`, until it ends or `enough` of them came. */
async function readMessages(answer: Response, enough = Number.POSITIVE_INFINITY) {
  const messages: { id: string; event: string; data: string }[] = [];
  let text = '';
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    text += part.value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (field('event')) messages.push({ id: field('id'), event: field('event'), data: field('data') });
    }
    if (messages.length >= enough) await reader?.cancel();
  }
  return messages;
}

describe('the stream of a page', () => {
  let house: House;
  let runner: FakeRunner;
  beforeEach(async () => {
    house = await makeHouse();
    runner = new FakeRunner(house.engine);
    await house.post('/api/v1/apps', { name: 'storefront' });
    const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', before: '0'.repeat(40) };
    await house.engine.deliveries.accept({ ...push, after: 'a'.repeat(40), pusher: 'owner' }, 'user:owner');
  });
  afterEach(() => house.close());

  const linesOf = (messages: { event: string; data: string }[]) =>
    messages
      .filter(({ event }) => event === 'log')
      .flatMap(({ data }) => JSON.parse(data) as { number: number; pieces: { text: string }[] }[])
      .map(({ number, pieces }) => `${number} ${pieces[0]?.text}`);

  it('carries events and the log of a step, and ends with both', async () => {
    const lease = await runner.take();
    await runner.log(lease, 'one\n');
    const stream = await house.ask(`${LIVE}?step=plan`);
    await runner.log(lease, 'two\nthree');
    await runner.end(lease, { end: 'ignored', reason: 'nobody wants it' });
    const messages = await readMessages(stream);
    expect(linesOf(messages)).to.deep.equal(['1 one', '2 two', '3 three']);
    expect(messages.map(({ event }) => event)).to.include.members(['run', 'step']);
    expect(messages.at(-1)?.event).to.equal('end');
  });

  it('goes on after any message, in the events and in the log', async () => {
    const lease = await runner.take();
    await runner.log(lease, 'one\ntwo\n');
    await runner.end(lease, { end: 'ignored', reason: 'nobody wants it' });
    const all = (await readMessages(await house.ask(`${LIVE}?step=plan`))).filter(({ event }) => event !== 'end');
    expect(linesOf(all)).to.deep.equal(['1 one', '2 two']);
    for (const [seen, { id }] of all.entries()) {
      const answer = await house.ask(`${LIVE}?step=plan`, { headers: { 'last-event-id': id } });
      const rest = answer.status === 204 ? [] : await readMessages(answer);
      const told = rest.filter(({ event }) => event !== 'end').map(({ event, data }) => ({ event, data }));
      const missed = all.slice(seen + 1).map(({ event, data }) => ({ event, data }));
      expect(told).to.have.deep.members(missed);
    }
  });

  it('tells a browser not to come again when everything was seen', async () => {
    const lease = await runner.take();
    await runner.end(lease, { end: 'ignored', reason: 'nobody wants it' });
    const newest = await house.engine.events.newest();
    expect((await house.ask(`${LIVE}?step=plan&from=${newest}.0.1`)).status).to.equal(204);
    expect((await house.ask(`${LIVE}?from=then`)).status).to.equal(400);
  });

  it('breaks off, and nothing worse, when traffic cannot be read', async () => {
    const busy = () => Promise.reject(new Error('the database is busy'));
    const parts = {
      feed: { follow: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }) },
      traffic: { follow: () => ({ [Symbol.asyncIterator]: () => ({ next: busy }) }) },
    } as unknown as WebParts;
    const stream = { send: async () => undefined, gone: false };
    const run = { id: 'run', told: false, step: undefined, environmentId: 'production' };
    const from = { after: 0, log: { offset: 0, line: 1 } };
    const failed = sendLive(parts, stream, run, from, new AbortController().signal);
    expect(await failed.catch((error: Error) => error.message)).to.equal('the database is busy');
  });

  it('of a run that was never gray has no traffic to show', async () => {
    expect(await house.json('/api/v1/apps/storefront/runs/1/traffic')).to.deep.equal({
      from: null,
      to: null,
      open: false,
      releases: [],
    });
  });
});
