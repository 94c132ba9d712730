import { expect } from 'chai';
import { statement } from '../../../engine/store/statement';
import { makeEngine } from '../../support/engine';

describe('a statement that is built once', () => {
  it('takes the values of each call, in and out of a transaction', async () => {
    let built = 0;
    const write = statement<{ key: string; value: string }, unknown>((db, argument) => {
      built += 1;
      return db.insertInto('meta').values({ key: argument('key'), value: argument('value') });
    });
    const read = statement<{ key: string }, { value: string }>((db, argument) =>
      db.selectFrom('meta').select('value').where('key', '=', argument('key')).where('value', '!=', 'never'),
    );
    const test = await makeEngine();
    try {
      const { store } = test.engine.parts;
      await store.write((tx) => write(tx, { key: 'a', value: 'first' }));
      await store.write((tx) => write(tx, { key: 'b', value: 'second' }));
      expect(await read(store.read, { key: 'a' })).to.deep.equal([{ value: 'first' }]);
      expect(await store.write((tx) => read(tx, { key: 'b' }))).to.deep.equal([{ value: 'second' }]);
      expect(built).to.equal(1);
    } finally {
      await test.close();
    }
  });

  it('reads what is committed, and waits for nobody who is writing', async () => {
    const read = statement<{ key: string }, { value: string }>((db, argument) =>
      db.selectFrom('meta').select('value').where('key', '=', argument('key')),
    );
    const test = await makeEngine();
    try {
      const { store } = test.engine.parts;
      const seen = await store.write(async (tx) => {
        await tx.insertInto('meta').values({ key: 'begun', value: 'yes' }).execute();
        return [await read(tx, { key: 'begun' }), await read(store.read, { key: 'begun' })];
      });
      expect(seen).to.deep.equal([[{ value: 'yes' }], []]);
      expect(await read(store.read, { key: 'begun' })).to.deep.equal([{ value: 'yes' }]);
    } finally {
      await test.close();
    }
  });
});
