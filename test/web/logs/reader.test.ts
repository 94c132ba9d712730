import { expect } from 'chai';
import { LOG_CHUNK, LOG_LINES_BEFORE } from '../../../web/limits';
import { LineIndex } from '../../../web/logs/line-index';
import { takeLines } from '../../../web/logs/lines';
import { LogReader } from '../../../web/logs/reader';

const STEP = { runId: '1', stepId: '2' };

/** A log in memory that a test writes, and a step that a test ends. */
class Written {
  bytes = Buffer.alloc(0);
  state = 'running';
  reads = 0;
  readonly logs = {
    append: async () => {},
    end: async () => {},
    size: async () => this.bytes.length,
    read: async (_run: string, _step: string, offset: number, limit: number) => {
      this.reads++;
      return this.bytes.subarray(offset, offset + limit);
    },
  };

  write(text: string): void {
    this.bytes = Buffer.concat([this.bytes, Buffer.from(text)]);
  }

  reader(): LogReader {
    const runs = { stepState: async () => this.state };
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    return new LogReader({ parts: { logs: this.logs }, runs } as never, log);
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `this is line ${i + 1}\n`).join('');
const textsOf = (lines: readonly { pieces: { text: string }[] }[]) => lines.map(({ pieces }) => pieces[0]?.text ?? '');

describe('the reader of logs', () => {
  let log: Written;
  let reader: LogReader;
  beforeEach(() => {
    log = new Written();
    reader = log.reader();
  });
  afterEach(() => reader.close());

  it('gives the end of a long log with the numbers that its lines really have', async () => {
    log.write(numbered(20_000));
    const view = await reader.tail(STEP);
    expect(view).to.include({ before: true, after: false });
    for (const { number, pieces } of view.lines) expect(pieces[0]?.text).to.equal(`this is line ${number}`);
    expect(view.lines.at(-1)?.number).to.equal(20_000);
    expect(view.next).to.deep.equal({ offset: log.bytes.length, line: 20_001 });
  });

  it('gives the surroundings of any line, and does not count the same lines again', async () => {
    log.write(numbered(20_000));
    for (const line of [1, 2, 3_000, 3_001, 12_345, 20_000]) {
      const view = await reader.around(STEP, line);
      expect(view.lines[0]?.number).to.equal(Math.max(1, line - LOG_LINES_BEFORE));
      expect(view.lines.find(({ number }) => number === line)?.pieces[0]?.text).to.equal(`this is line ${line}`);
    }
    const before = log.reads;
    await reader.around(STEP, 19_000);
    expect(log.reads - before).to.be.at.most(3);
  });

  it('follows with whole lines only, over any number of writes, until the step has ended', async () => {
    log.write('one\ntw');
    const seen: string[] = [];
    const stop = new AbortController();
    const following = (async () => {
      for await (const { lines } of reader.lines(STEP, { offset: 0, line: 1 }, stop.signal)) {
        seen.push(...textsOf(lines));
        if (seen.length === 1) log.write('o\nthr');
        if (seen.length === 2) {
          log.write('ee');
          log.state = 'succeeded';
        }
      }
    })();
    await following;
    expect(seen).to.deep.equal(['one', 'two', 'three']);
  });

  it('serves many who follow the same log with one look', async () => {
    let looks = 0;
    const size = log.logs.size;
    log.logs.size = async () => {
      looks++;
      return size();
    };
    const stop = new AbortController();
    const followers = Array.from({ length: 20 }, () => reader.follow(STEP, 0, stop.signal));
    const first = followers.map((follower) => follower.next());
    await new Promise((resolve) => setTimeout(resolve, 220));
    expect(looks - followers.length, 'a look per tick, not per follower').to.be.within(1, 6);
    log.write('x\n');
    const pieces = await Promise.all(first);
    expect(pieces.map(({ value }) => String(value))).to.deep.equal(Array(20).fill('x\n'));
    stop.abort();
  });

  it('takes a line apart that is longer than any should be, instead of waiting for its end', () => {
    const bytes = Buffer.alloc(LOG_CHUNK, 'x');
    expect(takeLines(bytes, { offset: 0, line: 1 }, false).next).to.deep.equal({ offset: LOG_CHUNK, line: 2 });
    expect(takeLines(bytes.subarray(1), { offset: 0, line: 1 }, false).lines).to.have.length(0);
  });

  it('finds a line whose beginning is the beginning of a chunk', async () => {
    log.write(`${'x'.repeat(LOG_CHUNK - 1)}\nsecond\nthird\n`);
    const index = new LineIndex(log.logs);
    expect(await index.beginOf(STEP, 2)).to.deep.equal({ offset: LOG_CHUNK, line: 2 });
    expect(await index.lineAt(STEP, LOG_CHUNK)).to.equal(2);
    expect(await index.beginOf(STEP, 3)).to.deep.equal({ offset: LOG_CHUNK + 7, line: 3 });
  });
});
