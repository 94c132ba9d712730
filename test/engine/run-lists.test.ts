import { expect } from 'chai';
import { CompiledQuery } from 'kysely';
import { type RunFilter, runsQuery } from '../../engine/runs/summary';
import { makeEngine, onSqliteOnly, type TestEngine } from '../support/engine';

describe('a page of the list of runs', () => {
  let made: TestEngine | undefined;
  before(async function () {
    onSqliteOnly(this, 'it reads how SQLite goes about a query');
    made = await makeEngine();
  });
  after(() => made?.close());

  /** How SQLite goes about it, a line for each table. */
  async function planOf(filter: RunFilter): Promise<string[]> {
    const { parts } = (made as TestEngine).engine;
    const { sql, parameters } = runsQuery(parts, filter).compile();
    const explained = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
    return ((await parts.store.read.executeQuery(explained)).rows as { detail: string }[]).map(({ detail }) => detail);
  }

  const filters: [what: string, filter: RunFilter][] = [
    ['of all apps', { limit: 30 }],
    ['of one app', { limit: 30, appId: 'a' }],
    ['of one state', { limit: 30, states: ['failed'] }],
    ['since a time', { limit: 30, since: 5 }],
    ['after another page', { limit: 30, before: { createdAt: 5, id: 'x' } }],
    ['of one app after another page', { limit: 30, appId: 'a', before: { createdAt: 5, id: 'x' } }],
  ];
  for (const [what, filter] of filters) {
    it(`${what} reads the runs in the order of an index, and no more of them than it shows`, async () => {
      const plan = (await planOf(filter)).join();
      expect(plan).to.match(/runs USING INDEX runs_by_/);
      // Runs of one moment may still be put in order among each other ("LAST TERM").
      expect(plan).to.not.include('TEMP B-TREE FOR ORDER BY');
    });
  }

  it('of one person looks at the runs of that person only', async () => {
    const plan = await planOf({ limit: 30, startedBy: 'ann' });
    expect(plan[0]).to.include('USING INDEX runs_by_person (started_by=?');
  });
});
