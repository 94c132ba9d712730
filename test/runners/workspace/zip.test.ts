import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { StepFailure } from '../../../engine/model/errors';
import { oneFileArchive, smallArchive } from '../../../runners/dummy/archive';
import { type ArchiveKind, checkArchive } from '../../../runners/workspace/zip';

describe('the check of a WAR or EAR', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-zip-'));
  });

  after(() => rm(folder, { recursive: true }));

  async function check(bytes: Buffer, kind: ArchiveKind = 'war'): Promise<string> {
    const path = join(folder, 'app.war');
    await writeFile(path, bytes);
    return checkArchive(path, kind).then(
      () => 'accepted',
      (error: Error) => {
        expect(error).to.be.instanceOf(StepFailure).and.include({ fault: 'user' });
        return error.message;
      },
    );
  }

  const whole = oneFileArchive('WEB-INF/web.xml', '<web-app/>');

  it('accepts a whole one, also with a comment at its end', async () => {
    expect(await check(whole)).to.equal('accepted');
    const comment = Buffer.concat([whole, Buffer.from('made by Maven')]);
    comment.writeUInt16LE(13, whole.length - 2);
    expect(await check(comment)).to.equal('accepted');
  });

  it('refuses an empty file [F42]', async () => {
    expect(await check(Buffer.alloc(0))).to.equal('the WAR is empty (0 bytes)');
  });

  it('refuses one that is cut off anywhere [F42]', async () => {
    for (let length = 1; length < whole.length; length++) {
      expect(await check(whole.subarray(0, length)), `${length} bytes`).to.match(/truncated|damaged/);
    }
  });

  it('refuses one whose beginning is lost', async () => {
    expect(await check(whole.subarray(10))).to.match(/damaged/);
    const blank = Buffer.from(whole);
    blank.fill(0, 0, 4);
    expect(await check(blank)).to.include('first file');
  });

  it('refuses what is no archive [F42]', async () => {
    expect(await check(Buffer.from('<html>not found</html>'))).to.include('no archive at all');
  });

  it('refuses a WAR without WEB-INF [F42]', async () => {
    expect(await check(oneFileArchive('index.html', 'hello'))).to.include('no WEB-INF/ folder');
  });

  it('refuses an EAR without modules', async () => {
    expect(await check(oneFileArchive('META-INF/application.xml', ''), 'ear')).to.equal('accepted');
    expect(await check(oneFileArchive('shop.war', ''), 'ear')).to.equal('accepted');
    expect(await check(whole, 'ear')).to.include('the EAR has neither');
  });

  it('refuses names that lead out of its folder [F49] [S8]', async () => {
    for (const name of ['../WEB-INF/x', 'WEB-INF/../../x', '/WEB-INF/x', 'WEB-INF\\..\\x', 'C:/x', 'WEB-INF/\0']) {
      expect(await check(oneFileArchive(name, '')), name).to.include('outside its folder');
    }
  });

  it('refuses what unpacks to far more than it is, before anything is unpacked [F48] [S9]', async () => {
    const bomb = smallArchive({ 'WEB-INF/a': 'x', 'WEB-INF/b': 'x' });
    const claim = (bytes: number) => {
      for (const name of ['WEB-INF/a', 'WEB-INF/b']) bomb.writeUInt32LE(bytes, bomb.lastIndexOf(name) - 46 + 24);
    };
    claim(100 * 1024 ** 2);
    expect(await check(bomb)).to.equal('the WAR would unpack to 200 MiB from 1 MiB, as a bomb does');
    claim(1024 ** 3 + 1);
    expect(await check(bomb)).to.equal('the WAR would unpack to 2049 MiB; the limit is 2048 MiB');
    claim(1);
    expect(await check(bomb)).to.equal('accepted');
  });

  it('refuses files that share their bytes [S9]', async () => {
    const shared = smallArchive({ 'WEB-INF/a': 'x', 'WEB-INF/b': 'x' });
    shared.writeUInt32LE(0, shared.lastIndexOf('WEB-INF/b') - 46 + 42);
    expect(await check(shared)).to.include('files that share their bytes');
  });

  it('refuses a symbolic link [S8]', async () => {
    const link = oneFileArchive('WEB-INF/web.xml', '/etc/passwd');
    const entry = link.lastIndexOf('WEB-INF/web.xml') - 46;
    link.writeUInt8(3, entry + 5); // packed on Unix
    link.writeUInt32LE((0o120777 << 16) >>> 0, entry + 38);
    expect(await check(link)).to.include('symbolic link, "WEB-INF/web.xml"');
  });

  it('refuses a table of contents that promises more than is there [F48] [S9]', async () => {
    const lying = Buffer.from(whole);
    lying.writeUInt16LE(9, whole.length - 12);
    expect(await check(lying)).to.include('breaks off after 1 of 9 files');
    lying.writeUInt16LE(0xffff, whole.length - 12);
    expect(await check(lying)).to.include('more than');
  });
});
