import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { fileBytes } from '../../../engine/store/bytes';

const digestOf = (words: string): string => `sha256:${createHash('sha256').update(words).digest('hex')}`;

describe('stored bytes', () => {
  let folder: string;
  let names: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-bytes-'));
    names = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const store = () => fileBytes(folder, () => `incoming-${++names}`);
  const put = (words: string, limit = 1_000, expected?: string) =>
    store().put(Readable.from([Buffer.from(words)]), limit, expected);
  const code = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'nothing',
      (error: { code: string }) => error.code,
    );
  const listed = async () => {
    const found: { digest: string; size: number }[] = [];
    for await (const { digest, size } of store().list()) found.push({ digest, size });
    return found;
  };

  it('come back as they went in, and are listed with their size', async () => {
    expect(await listed()).to.deep.equal([]);
    const stored = await put('words');
    expect(stored).to.deep.equal({ digest: digestOf('words'), size: 5 });
    expect(await text(store().read(stored.digest))).to.equal('words');
    expect(await listed()).to.deep.equal([stored]);
    await store().remove(stored.digest);
    expect(await code(text(store().read(stored.digest)))).to.equal('artifact-missing');
  });

  it('are listed without what somebody else has put there', async () => {
    const stored = await put('words');
    await writeFile(join(folder, 'sha256', 'README'), 'a file among the folders');
    await writeFile(join(dirname(await store().file(stored.digest)), 'notes.txt'), 'a file among the bytes');
    expect(await listed()).to.deep.equal([stored]);
  });

  it('fail at their end when they were changed on disk [F40] [S30]', async () => {
    const { digest } = await put('words');
    await appendFile(await store().file(digest), 'x');
    expect(await code(text(store().read(digest)))).to.equal('artifact-damaged');
    expect(await code(store().file(digest))).to.equal('artifact-damaged');
  });

  it('that cannot be read now are not taken for lost', async () => {
    const { digest } = await put('words');
    const path = await store().file(digest);
    await rm(path);
    await mkdir(path);
    expect(await code(text(store().read(digest)))).to.equal('artifact-unreadable');
  });

  it('are refused when they are too many or others than expected, and nothing is left', async () => {
    expect(await code(put('words', 4))).to.equal('too-large');
    expect(await code(put('words', 100, digestOf('other')))).to.equal('digest-differs');
    expect(await listed()).to.deep.equal([]);
    expect((await put('words', 100, digestOf('words'))).size).to.equal(5);
  });

  it('that a killed writer left half are removed once they are old [F41]', async () => {
    await put('words');
    const [old, young] = ['old', 'young'].map((name) => join(folder, 'incoming', name));
    if (old === undefined || young === undefined) throw new Error('two files');
    for (const file of [old, young]) await writeFile(file, 'half');
    await utimes(old, 1, 1);
    await store().tidy(Date.now() - 60_000);
    expect(await code(appendFile(old, '', { flag: 'r+' }))).to.equal('ENOENT');
    await appendFile(young, '', { flag: 'r+' });
    expect(await listed()).to.have.length(1);
  });
});
