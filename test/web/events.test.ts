import { expect } from 'chai';
import type { EventRecord } from '../../engine/events/since';
import { createFeed } from '../../web/events/feed';
import { EVENTS_BEHIND_MAX } from '../../web/limits';
import { type House, makeHouse } from './support/house';
import { FakeRunner } from './support/runner';

interface Sent {
  id: number;
  event: string;
  data: Record<string, unknown>;
}

/** Reads server-sent events until `enough` says so, or the stream ends. */
async function readEvents(answer: Response, enough: (sent: Sent[]) => boolean = () => false): Promise<Sent[]> {
  const sent: Sent[] = [];
  let text = '';
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    text += part.value;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (field('event')) {
        sent.push({ id: Number(field('id')), event: field('event'), data: JSON.parse(field('data')) });
      }
    }
    if (enough(sent)) {
      await reader?.cancel();
      break;
    }
  }
  return sent;
}

describe('events', () => {
  let house: House;
  let runner: FakeRunner;
  beforeEach(async () => {
    house = await makeHouse();
    runner = new FakeRunner(house.engine);
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  afterEach(() => house.close());

  const push = (after: string, app = 'storefront') =>
    house.engine.deliveries.accept(
      { app, source: 'test', ref: 'refs/heads/main', before: '0'.repeat(40), after, pusher: 'owner' },
      'user:owner',
    );
  const RUN_EVENTS = '/api/v1/apps/storefront/runs/1/events';

  it('tell a run from its beginning to its end', async () => {
    await push('a'.repeat(40));
    const stream = await house.ask(RUN_EVENTS);
    expect(stream.headers.get('content-type')).to.include('text/event-stream');
    const lease = await runner.take();
    await runner.end(lease, { end: 'ignored', reason: 'nobody wants it' });
    const sent = await readEvents(stream);
    expect(sent[0]).to.deep.include({ event: 'run' });
    expect(sent[0]?.data).to.deep.include({ app: 'storefront', run: { number: 1 }, state: 'queued' });
    expect(sent.at(-2)?.data).to.include({ state: 'ignored', reason: 'nobody wants it' });
    expect(sent.at(-1)?.event).to.equal('end');
    const ids = sent.slice(0, -1).map((e) => e.id);
    expect(ids).to.deep.equal([...ids].sort((a, b) => a - b));
  });

  it('go on after the last one that was seen, without gap or repetition', async () => {
    await push('a'.repeat(40));
    const first = await readEvents(await house.ask(RUN_EVENTS), (sent) => sent.length >= 1);
    const last = first[0]?.id ?? 0;
    const lease = await runner.take();
    await runner.end(lease, { end: 'ignored', reason: 'x' });
    const all = await readEvents(await house.ask(RUN_EVENTS));
    const byHeader = await readEvents(await house.ask(RUN_EVENTS, { headers: { 'last-event-id': String(last) } }));
    const byQuery = await readEvents(await house.ask(`${RUN_EVENTS}?after=${last}`));
    expect(byHeader).to.deep.equal(all.filter((e) => e.id > last || e.event === 'end'));
    expect(byQuery).to.deep.equal(byHeader);
  });

  it('tell a browser not to come again when there will be no more', async () => {
    await push('a'.repeat(40));
    await runner.end(await runner.take(), { end: 'ignored', reason: 'x' });
    const last = await house.engine.events.newest();
    expect((await house.ask(`${RUN_EVENTS}?after=${last}`)).status).to.equal(204);
  });

  it('of all apps begin now, and can be narrowed to one app', async () => {
    await house.post('/api/v1/apps', { name: 'ledger' });
    await push('a'.repeat(40));
    const all = await house.ask('/api/v1/events');
    const ledger = await house.ask('/api/v1/events?app=ledger');
    await push('b'.repeat(40));
    await push('c'.repeat(40), 'ledger');
    const sent = await readEvents(all, (e) => e.some((one) => one.data.app === 'ledger'));
    expect(sent.filter((e) => e.event === 'run').map((e) => (e.data.run as { number: number }).number)).to.include(2);
    const own = await readEvents(ledger, (e) => e.length >= 1);
    expect(new Set(own.map((e) => e.data.app))).to.deep.equal(new Set(['ledger']));
    expect((await house.ask('/api/v1/events?app=nothing')).status).to.equal(404);
  });

  it('end when web stops, so that the reader comes again', async () => {
    await push('a'.repeat(40));
    const stream = await house.ask(RUN_EVENTS);
    const reading = readEvents(stream);
    await house.web.stop();
    const sent = await reading;
    expect(sent.map((e) => e.event)).to.not.include('end');
  });
});

describe('the feed of events', () => {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const event = (id: number): EventRecord => ({
    id,
    app: 'x',
    appId: 'x',
    run: null,
    seq: 0,
    at: 0,
    type: 'run',
    data: {},
  });

  /** Only the verbs that the feed calls, over a list in memory. */
  function fakeEngine() {
    const events: EventRecord[] = [];
    const calls = { newest: 0 };
    const engine = {
      events: {
        since: async (after: number, { limit }: { limit: number }) => {
          return events.filter((e) => e.id > after).slice(0, limit);
        },
        newest: async () => {
          calls.newest++;
          return events.at(-1)?.id ?? 0;
        },
      },
    };
    return { events, calls, engine: engine as never };
  }

  it('looks into SQL only while somebody listens, once for all', async () => {
    const { engine, events, calls } = fakeEngine();
    const feed = createFeed(engine, log);
    const stop = new AbortController();
    const listeners = [1, 2, 3].map(() => feed.follow({ after: 0 }, stop.signal));
    const firsts = listeners.map((l) => l.next());
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(calls.newest, 'one look per tick, not one per listener').to.be.within(2, 8);
    events.push(event(1));
    expect((await Promise.all(firsts)).map((r) => r.value?.id)).to.deep.equal([1, 1, 1]);
    const ends = listeners.map((l) => l.next());
    stop.abort();
    await Promise.all(ends);
    await new Promise((resolve) => setTimeout(resolve, 80));
    const idle = calls.newest;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(calls.newest).to.equal(idle);
    feed.close();
  });

  it('hides nothing from one listener when another comes at the same moment', async () => {
    const { engine, events } = fakeEngine();
    const answers: (() => void)[] = [];
    const slow = {
      events: {
        ...(engine as { events: object }).events,
        // The first two are answered when the test says so, each with what is there by then.
        newest: async () => {
          if (answers.length < 2) await new Promise<void>((resolve) => answers.push(resolve));
          return events.at(-1)?.id ?? 0;
        },
      },
    };
    const feed = createFeed(slow as never, log);
    const gone = new AbortController();
    const first = feed.follow({ after: 0 }, gone.signal).next();
    const second = feed.follow({ after: 1 }, gone.signal).next();
    answers[0]?.();
    await new Promise(setImmediate);
    events.push(event(1));
    answers[1]?.();
    expect((await first).value).to.include({ id: 1 });
    feed.close();
    expect((await second).done).to.equal(true);
  });

  it('cuts off a listener that stays too far behind; it loses nothing by coming again', async () => {
    const { engine, events } = fakeEngine();
    const feed = createFeed(engine, log);
    const stop = new AbortController();
    const slow = feed.follow({ after: 0 }, stop.signal);
    events.push(event(1));
    expect((await slow.next()).value?.id).to.equal(1);
    for (let id = 2; id <= EVENTS_BEHIND_MAX + 100; id++) events.push(event(id));
    await new Promise((resolve) => setTimeout(resolve, 150));
    let last = 1;
    for (let next = await slow.next(); !next.done; next = await slow.next()) last = next.value.id;
    expect(last).to.be.below(events.length);
    const again = feed.follow({ after: last }, stop.signal);
    expect((await again.next()).value?.id).to.equal(last + 1);
    stop.abort();
    await again.return(undefined);
    feed.close();
  });
});
