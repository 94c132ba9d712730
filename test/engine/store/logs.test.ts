import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Logs } from '../../../engine/ports/bytes';
import { fileLogs, type LogLimits } from '../../../engine/store/logs';

const codeOf = (error: NodeJS.ErrnoException): string | undefined => error.code;

const LIMITS: LogLimits = { headBytes: 300, tailBytes: 100, limitBytes: 400 };

describe('the log of a step', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-logs-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const text = async (logs: Logs): Promise<string> => (await logs.read('a1', 'b2', 0, 1_000_000)).toString();
  const write = async (logs: Logs, from: number, to: number): Promise<void> => {
    for (let number = from; number < to; number++) await logs.append('a1', 'b2', Buffer.from(`line ${number}\n`));
  };

  it('goes on in a folder that somebody has tidied away', async () => {
    const logs = fileLogs(folder);
    await logs.append('a1', 'b2', Buffer.from('one\n'));
    await rm(join(folder, 'a1'), { recursive: true });
    await logs.append('a1', 'b2', Buffer.from('two\n'));
    expect(await text(logs)).to.equal('two\n');
  });

  it('keeps its head and its end when it gets too long, and says what is left out [F44]', async () => {
    const logs = fileLogs(folder, LIMITS);
    await write(logs, 100, 200);
    await logs.end('a1', 'b2');
    const lines = (await text(logs)).trimEnd().split('\n');
    const notice = lines.findIndex((line) => line.startsWith('gantry: the log is about to pass its limit'));
    const head = lines.slice(0, notice);
    expect(head).to.deep.equal(Array.from({ length: 33 }, (_, i) => `line ${100 + i}`));
    expect(lines[notice + 1]).to.equal('gantry: 56 lines (504 bytes) are left out here');
    expect(lines.slice(notice + 2)).to.deep.equal(Array.from({ length: 11 }, (_, i) => `line ${189 + i}`));
    expect(await readdir(join(folder, 'a1'))).to.deep.equal(['b2.log']);
  });

  it('says while it grows that its end will be shown later', async () => {
    const logs = fileLogs(folder, LIMITS);
    await write(logs, 100, 150);
    expect(await text(logs)).to.match(/line 132\ngantry: the log is about to pass .* when the step has ended\n$/);
  });

  it('is left as it is when it stays within its limit', async () => {
    const logs = fileLogs(folder, LIMITS);
    await write(logs, 100, 133);
    await logs.end('a1', 'b2');
    expect(await text(logs)).to.equal(Array.from({ length: 33 }, (_, i) => `line ${100 + i}\n`).join(''));
  });

  it('is gone on with by another process after the first was killed, also past its limit', async () => {
    await write(fileLogs(folder, LIMITS), 100, 170);
    const second = fileLogs(folder, LIMITS);
    await write(second, 170, 180);
    await second.end('a1', 'b2');
    const shown = await text(second);
    expect(shown).to.include('gantry: 36 lines (324 bytes) are left out here\nline 169\n');
    expect(shown).to.match(/line 179\n$/);
  });

  it('loses nothing of its end when that cannot be written: it stays where it is, and is written later', async () => {
    await write(fileLogs(folder, LIMITS), 100, 200);
    const file = join(folder, 'a1', 'b2.log');
    await rename(file, `${file}.aside`);
    await mkdir(file);
    const heir = fileLogs(folder, LIMITS);
    expect(await heir.end('a1', 'b2').then(() => 'written', codeOf)).to.equal('EISDIR');
    await rmdir(file);
    await rename(`${file}.aside`, file);
    await heir.end('a1', 'b2');
    const shown = await text(heir);
    expect(shown).to.include('gantry: 56 lines (504 bytes) are left out here\nline 189\n');
    expect(shown).to.match(/line 199\n$/);
    expect(await readdir(join(folder, 'a1'))).to.deep.equal(['b2.log']);
  });

  it('keeps bytes as bytes: what is no text is not changed [F45]', async () => {
    const bytes = fc.uint8Array({ maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 8 }), async (pieces) => {
        await rm(join(folder, 'a1'), { recursive: true, force: true });
        const logs = fileLogs(folder, { headBytes: 4_000, tailBytes: 100, limitBytes: 4_100 });
        for (const piece of pieces) await logs.append('a1', 'b2', Buffer.from(piece));
        await logs.end('a1', 'b2');
        expect(await logs.read('a1', 'b2', 0, 10_000)).to.deep.equal(Buffer.concat(pieces));
      }),
      { numRuns: 50 },
    );
  });

  it('never grows beyond its limit, its notices and one line', async () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 250 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.nat(59), async (lines, killedAt) => {
        await rm(join(folder, 'a1'), { recursive: true, force: true });
        let logs = fileLogs(folder, LIMITS);
        for (const [index, length] of lines.entries()) {
          if (index === killedAt) logs = fileLogs(folder, LIMITS);
          await logs.append('a1', 'b2', Buffer.from(`${String(index).padEnd(length, '.')}\n`));
        }
        await logs.end('a1', 'b2');
        expect((await text(logs)).replace(/gantry: .*\n/g, '').length).to.be.at.most(LIMITS.limitBytes);
        expect(await readdir(join(folder, 'a1')).catch(() => ['b2.log'])).to.deep.equal(['b2.log']);
      }),
      { numRuns: 100 },
    );
  });
});
