import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { AuditWatch } from '../../../engine/audit/watch';
import { anchorFile } from '../../../engine/store/anchor-file';
import { audit } from '../../../runners/upkeep/audit';
import type { UpkeepWords } from '../../../runners/upkeep/words';
import { runnerSettings } from '../../../settings';
import { tamper, writeEntries } from '../../engine/audit/support';
import { makeEngine, onPostgres, onSqliteOnly, type TestEngine } from '../../support/engine';
import { databaseOfFolder } from '../../support/postgres';

describe('checking the audit without Gantry', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await makeEngine();
    await writeEntries(test.engine, 'shop', 6);
    await new AuditWatch(test.engine.parts, anchorFile(join(test.folder, 'anchors', 'heads.jsonl'))).turn();
  });
  afterEach(() => test.close());

  const check = async (words: Partial<UpkeepWords>) => {
    const url = onPostgres ? { GANTRY_DATABASE_URL: await databaseOfFolder(test.folder) } : {};
    return audit(runnerSettings({ GANTRY_HOME: test.folder, ...url }), {
      file: '',
      replace: false,
      within: 0,
      actor: 'ada',
      progress: () => undefined,
      ...words,
    });
  };
  const cut = `delete from audit where object = 'shop#6'`;

  it('reads the database of this folder, with its anchors', async () => {
    expect(await check({})).to.deep.include({ ok: true, entries: 6 });
    await tamper(test.engine, [cut]);
    const { ok, breaks } = await check({});
    expect(ok).to.equal(false);
    expect(breaks.map(({ finding }) => finding)).to.deep.equal(['cut']);
  });

  it('reads a database file that was named, and misses a cut tail only when anchors are named, too', async function () {
    onSqliteOnly(this, 'a database of PostgreSQL is no file');
    await tamper(test.engine, [cut]);
    const file = join(test.folder, 'gantry.db');
    expect(await check({ file })).to.deep.include({ ok: true, anchors: null });
    expect((await check({ file, anchors: join(test.folder, 'anchors', 'heads.jsonl') })).ok).to.equal(false);
  });

  it('reads an export, and one with half a character in it is not the same', async () => {
    const pieces: string[] = [];
    for await (const piece of test.engine.audit.export({})) pieces.push(piece);
    const file = join(test.folder, 'export.jsonl');
    await writeFile(file, pieces.join(''));
    expect(await check({ file })).to.deep.include({ ok: true, entries: 6 });
    const bytes = Buffer.from(pieces.join(''));
    bytes[bytes.indexOf('ö')] = 0xff;
    await writeFile(file, bytes);
    expect((await check({ file })).ok).to.equal(false);
  });

  it('says which file it cannot read', async () => {
    const error = await check({ file: '/nowhere/x.jsonl' }).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).to.include('/nowhere/x.jsonl cannot be read');
  });
});
