import Database from 'better-sqlite3';
import { expect } from 'chai';
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import { GROUP_MAX, groupedWrites, inLine } from '../../../engine/store/grouped-writes';
import type { Tx } from '../../../engine/store/store';
import type { Tables } from '../../../engine/store/tables';
import { until } from '../../web/support/until';

/** A database in memory that tells each statement before it is made. */
function watched(tell: (text: string) => void): Kysely<Tables> {
  const memory = new Database(':memory:');
  memory.exec('create table meta (key text primary key, value text not null)');
  const database: SqliteDatabase = {
    close: () => memory.close(),
    prepare: (text) => {
      tell(text);
      return memory.prepare(text);
    },
  };
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
}

describe('transactions that are asked for at the same time', () => {
  let commits = 0;
  let broken: Error | undefined;
  let db: Kysely<Tables>;
  let write: ReturnType<typeof groupedWrites>;
  let flush: () => Promise<void>;
  beforeEach(() => {
    flush = () => Promise.resolve();
    commits = 0;
    broken = undefined;
    db = watched((text) => {
      if (text !== 'commit') return;
      commits += 1;
      if (broken !== undefined) throw broken;
    });
    write = groupedWrites(
      (work) => db.transaction().execute(work),
      () => flush(),
    );
  });
  afterEach(() => db.destroy());

  const note = (key: string) => (tx: Tx) => tx.insertInto('meta').values({ key, value: '' }).execute();
  const keysIn = async (reader: Kysely<Tables>): Promise<string[]> =>
    (await reader.selectFrom('meta').select('key').orderBy('key').execute()).map((row) => row.key);

  it('share one commit', async () => {
    await Promise.all(['a', 'b', 'c'].map((key) => write(note(key))));
    expect(await keysIn(db)).to.deep.equal(['a', 'b', 'c']);
    expect(commits).to.equal(1);
  });

  it('are answered when the disk has them, and the next ones are written meanwhile', async () => {
    const told: string[] = [];
    const disk = Promise.withResolvers<void>();
    flush = () => disk.promise;
    const first = write(note('first')).then(() => told.push('first'));
    await until(() => commits === 1);
    const second = write(note('second')).then(() => told.push('second'));
    await until(() => commits === 2);
    expect(told).to.deep.equal([]);
    disk.resolve();
    await Promise.all([first, second]);
    expect(told).to.deep.equal(['first', 'second']);
  });

  it('have all failed when the disk fails', async () => {
    flush = () => Promise.reject(new Error('the disk failed'));
    const all = await Promise.allSettled(['a', 'b'].map((key) => write(note(key))));
    expect(all.map((one) => (one.status === 'rejected' ? one.reason.message : 'answered'))).to.deep.equal([
      'the disk failed',
      'the disk failed',
    ]);
  });

  it('keep each other out of their failures: one that fails is taken back alone', async () => {
    const failing = write(async (tx) => {
      await note('half')(tx);
      throw new Error('changed my mind');
    });
    const all = await Promise.allSettled([write(note('a')), failing, write(note('b')), write(note('a'))]);
    expect(all.map((one) => one.status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(all[1]).to.have.nested.property('reason.message', 'changed my mind');
    expect(all[3]).to.have.nested.property('reason.code', 'SQLITE_CONSTRAINT_PRIMARYKEY');
    expect(await keysIn(db)).to.deep.equal(['a', 'b']);
    expect(commits).to.equal(1);
  });

  it('see what was asked for before them', async () => {
    const [, seen] = await Promise.all([write(note('a')), write(keysIn)]);
    expect(seen).to.deep.equal(['a']);
  });

  it('are all refused when their commit fails, and the next ones are not', async () => {
    broken = new Error('the disk is full');
    const all = await Promise.allSettled([write(note('a')), write(note('b'))]);
    expect(all.map((one) => (one.status === 'rejected' ? one.reason : one.value))).to.deep.equal([broken, broken]);
    broken = undefined;
    await write(note('c'));
    expect(await keysIn(db)).to.deep.equal(['c']);
  });

  it('go before those of what began later, so that the first is done while others wait', async () => {
    const done: string[] = [];
    const act = (number: number) =>
      inLine(async () => {
        for (const part of ['begins', 'ends']) await write(async () => void done.push(`${number} ${part}`));
      });
    await Promise.all(Array.from({ length: GROUP_MAX + 4 }, (_, i) => act(i)));
    expect(done.indexOf('0 ends')).to.be.lessThan(done.indexOf(`${GROUP_MAX} begins`));
    expect(new Set(done)).to.have.property('size', 2 * (GROUP_MAX + 4));
  });

  it('are among the next commit’s, behind its others, when somebody waits for what they see', async () => {
    const done: number[] = [];
    const others = Array.from({ length: 2 * GROUP_MAX }, (_, i) => write(async () => void done.push(i)));
    const seen = write(async () => [...done], 'next');
    expect(await seen).to.have.length(GROUP_MAX - 1);
    await Promise.all(others);
  });

  it('wait for the next commit when they are too many for one', async () => {
    await Promise.all(Array.from({ length: GROUP_MAX + 1 }, (_, i) => write(note(String(i)))));
    expect(await keysIn(db)).to.have.length(GROUP_MAX + 1);
    expect(commits).to.equal(2);
  });
});
