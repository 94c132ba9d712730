import { expect } from 'chai';
import { readLogEnds } from '../../engine/logs/read';
import type { Logs } from '../../engine/ports/bytes';
import { type House, makeHouse } from '../web/support/house';
import { FakeRunner } from '../web/support/runner';

describe('asking why', () => {
  let house: House;
  let runner: FakeRunner;
  beforeEach(async () => {
    house = await makeHouse();
    runner = new FakeRunner(house.engine);
    await house.post('/api/v1/apps', { name: 'storefront' });
    await push('a', '0');
  });
  afterEach(() => house.close());

  const push = async (after: string, before: string) => {
    const delivery = { app: 'storefront', source: 'test', ref: 'refs/heads/main', pusher: 'owner' };
    const commits = { before: before.repeat(40), after: after.repeat(40) };
    await house.engine.deliveries.accept({ ...delivery, ...commits }, 'user:owner');
  };
  const why = async (number = 1) => {
    const { waits, sentences, commands } = await house.engine.runs.why('storefront', number);
    return { waits, sentences, commands };
  };
  const announce = (places: number) =>
    house.engine.runners.announce({ owner: 'fake', cluster: 'local', places, pools: ['default'], kinds: ['plan'] });

  it('tells that no runner is there, until one says that it is', async () => {
    expect((await why()).sentences[1]).to.equal('no runner is alive: none has been there for a day');
    await announce(1);
    expect((await why()).sentences[1]).to.match(/^since \d\d:\d\d:\d\d UTC; a place is free, and it is next$/);
    await house.engine.runners.dismiss('fake');
    expect((await why()).sentences[1]).to.match(/^no runner is alive: the last one was there until /);
  });

  it('tells that every place is taken, and what goes first', async () => {
    await announce(1);
    await runner.take();
    await push('b', 'a');
    await push('c', 'b');
    const { sentences } = await why(3);
    expect(sentences[1]).to.match(
      /^the one place of the runner is taken since \d\d:\d\d:\d\d UTC; one step goes first$/,
    );
    expect((await why(1)).sentences[0]).to.match(/^plan is at work, for \d/);
  });

  it('tells when it is tried again, and what went wrong', async () => {
    await announce(8);
    await runner.fail('Docker does not answer', '', 'world');
    const { sentences } = await why();
    expect(sentences[0]).to.equal('plan waits to be tried again');
    expect(sentences[1]).to.match(/^attempt 2 begins at .* UTC, because attempt 1 met this: Docker does not answer$/);
  });

  it('tells which people, then which other run, it waits for', async () => {
    await runner.succeedUntil('gray/approve');
    expect((await why()).commands[0]).to.equal('gantry approve storefront 1 --step gray/approve');
    await push('b', 'a');
    await runner.succeedUntil('test/deliver');
    const second = await why(2);
    expect(second.sentences).to.deep.equal([
      'gray/deliver waits for its turn: 1st in line for gray of storefront, behind #1',
      'run 1 is at gray/approve, which waits for people',
    ]);
    expect(second.commands).to.deep.equal(['gantry why storefront 1']);
    expect((await house.engine.runs.show('storefront', 2)).waitsFor).to.equal(second.sentences[0]);
  });

  it('tells how it ended, with the lines of the log that say why', async () => {
    await runner.succeed();
    await runner.fail('the build failed', '09:41:02.317 sh: 1: mvnw: not found\n');
    const ended = await house.engine.runs.why('storefront', 1);
    expect(ended).to.deep.include({ state: 'failed', waits: false });
    expect(ended.failure).to.deep.include({ step: 'build-image', error: 'the build failed' });
    expect(ended.failure?.lines).to.deep.equal([{ number: 1, text: 'sh: 1: mvnw: not found' }]);
    expect(ended.failure?.tries[0]).to.match(/^mvnw is not in the image/);
    const answer = await house.json('/api/v1/apps/storefront/runs/1/why');
    expect(answer).to.deep.equal(JSON.parse(JSON.stringify(ended)));
  });
});

describe('a log that is too long to be read whole', () => {
  it('is read at both ends, and its lines keep their numbers', async () => {
    const line = (n: number): string => `line ${String(n).padStart(7, '0')} of a long log\n`;
    const count = 100_000;
    const text = Buffer.from(Array.from({ length: count }, (_, i) => line(i + 1)).join(''));
    const logs: Logs = {
      append: async () => undefined,
      end: async () => undefined,
      read: async (_run, _step, offset, limit) => text.subarray(offset, offset + limit),
      size: async () => text.length,
    };
    const lines = await readLogEnds(logs, 'run', 'step');
    expect(lines.length).to.be.lessThan(count / 2);
    expect(lines[0]).to.deep.equal({ number: 1, text: line(1).trimEnd() });
    for (const { number, text: said } of lines) expect(said).to.equal(line(number).trimEnd());
    expect(lines.at(-1)?.number).to.equal(count);
  });
});
